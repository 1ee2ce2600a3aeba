import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/** One cache and one budget of write buffers for all stores, as Kafka's own page on memory management has it. */
public final class BoundedMemory implements RocksDBConfigSetter {
    private static final long TOTAL_BYTES = 192L * 1024 * 1024;
    private static final long WRITE_BUFFER_BYTES = 96L * 1024 * 1024;
    private static Cache cache;
    private static WriteBufferManager buffers;

    @Override
    public void setConfig(String store, Options options, Map<String, Object> configs) {
        share();
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(cache);
        table.setCacheIndexAndFilterBlocks(true);
        table.setFilterPolicy(new BloomFilter(10));
        options.setTableFormatConfig(table);
        options.setWriteBufferManager(buffers);
    }

    private static synchronized void share() {
        if (cache != null) return;
        RocksDB.loadLibrary();
        cache = new LRUCache(TOTAL_BYTES);
        buffers = new WriteBufferManager(WRITE_BUFFER_BYTES, cache);
    }

    @Override
    public void close(String store, Options options) {
        // The cache and the buffers are those of all stores: they end with the process.
    }
}
