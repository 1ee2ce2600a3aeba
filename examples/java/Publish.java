import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;

/**
 * Publishes a sale over HTTP with the JDK alone, 17 or newer: java Publish.java ORDER
 *
 * <p>COLLECTOR_URL and COLLECTOR_KEY say where the collector is and who publishes.
 */
public final class Publish {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  public static void main(String[] arguments) throws InterruptedException {
    String order = arguments.length > 0 ? arguments[0] : "order-1001";
    // A real program writes JSON with its library. The same event_id again is the same event.
    String event =
        """
        {
          "type": "purchase.completed",
          "event_id": "shop:%1$s:completed",
          "occurred_at": "%2$s",
          "source": "java",
          "customer_id": "customer-7",
          "purchase_id": "%1$s",
          "kind": "product",
          "amount": 5900,
          "currency": "USD"
        }
        """
            .formatted(order, Instant.now());
    HttpResponse<String> answer = publish(event);
    if (answer.statusCode() == 202) return;
    // The answer names the field and the fix.
    System.err.println(answer.statusCode() + ": " + answer.body());
    System.exit(1);
  }

  /** Publishes an event; the same one again while the collector or Kafka is away. */
  private static HttpResponse<String> publish(String event) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(setting("COLLECTOR_URL", "http://127.0.0.1:8080") + "/v1/events"))
            .timeout(Duration.ofSeconds(30))
            .header("Authorization", "Bearer " + setting("COLLECTOR_KEY", "dev-key"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(event))
            .build();
    for (int attempt = 0; ; attempt++) {
      long pauseSeconds = 1L << attempt;
      try {
        HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        boolean isAway = answer.statusCode() == 429 || answer.statusCode() == 503;
        if (!isAway || attempt == 5) return answer;
        pauseSeconds = answer.headers().firstValueAsLong("Retry-After").orElse(pauseSeconds);
      } catch (IOException away) {
        if (attempt == 5) throw new IllegalStateException("The collector does not answer.", away);
      }
      Thread.sleep(Duration.ofSeconds(pauseSeconds).toMillis());
    }
  }

  private static String setting(String name, String otherwise) {
    return System.getenv().getOrDefault(name, otherwise);
  }
}
