import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** ClickHouse's JDBC driver as the BI user: views and comments by DatabaseMetaData, a query with parameters, no writing. */
public final class JdbcReads {
  public static void main(String[] arguments) throws SQLException {
    Map<String, String> env = System.getenv();
    Properties who = new Properties();
    who.setProperty("user", env.get("CLICKHOUSE_BI_USER"));
    who.setProperty("password", env.get("CLICKHOUSE_BI_PASSWORD"));
    String url =
        "jdbc:clickhouse://%s:%s/tidemark".formatted(env.get("CLICKHOUSE_HOST"), env.get("CLICKHOUSE_PORT"));
    try (Connection connection = DriverManager.getConnection(url, who)) {
      DatabaseMetaData about = connection.getMetaData();
      Map<String, String> views = new HashMap<>();
      try (ResultSet found = about.getTables(null, "tidemark", "%", new String[] {"VIEW"})) {
        while (found.next()) views.put(found.getString("TABLE_NAME"), found.getString("REMARKS"));
      }
      check(views.keySet().containsAll(java.util.List.of("mrr_monthly", "churn_daily", "data_through")), views.keySet());
      check(views.get("mrr_monthly") != null && !views.get("mrr_monthly").isEmpty(), "the comment of mrr_monthly");
      Map<String, String> columns = new HashMap<>();
      try (ResultSet found = about.getColumns(null, "tidemark", "mrr_monthly", "%")) {
        while (found.next()) columns.put(found.getString("COLUMN_NAME"), found.getString("REMARKS"));
      }
      check(columns.getOrDefault("currency", "").contains("ISO 4217"), columns);
      String query = "SELECT mrr FROM tidemark.mrr_monthly WHERE month = ? AND currency = ?";
      try (PreparedStatement asked = connection.prepareStatement(query)) {
        asked.setObject(1, LocalDate.of(2026, 5, 1));
        asked.setString(2, "USD");
        try (ResultSet found = asked.executeQuery()) {
          check(found.next(), "no row");
          check(found.getBigDecimal(1).compareTo(new BigDecimal("590")) == 0, found.getBigDecimal(1));
        }
      }
      try (PreparedStatement written = connection.prepareStatement("DROP VIEW tidemark.mrr_monthly")) {
        written.execute();
        throw new IllegalStateException("the BI user may drop a view");
      } catch (SQLException refused) {
        check(refused.getMessage().contains("ACCESS_DENIED") || refused.getErrorCode() == 497, refused);
      }
      System.out.printf(
          "%s %s finds %d views with their comments%n",
          about.getDriverName(), about.getDriverVersion(), views.size());
    }
  }

  private static void check(boolean isRight, Object seen) {
    if (!isRight) throw new IllegalStateException(String.valueOf(seen));
  }
}
