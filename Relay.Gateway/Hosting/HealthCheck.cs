using System.Net;

namespace Relay.Gateway.Hosting;

/// <summary>Asks the relay on this machine whether it is ready, for a container that has nothing else to ask with.</summary>
internal static class HealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Asks the relay that was started with these settings.</summary>
    /// <returns>What is wrong, or null when it is ready.</returns>
    public static async Task<string?> AskAsync(RelayServerOptions server)
    {
        // Whose certificate it is does not matter: nothing is said to it, and it is on this machine.
        using var handler = new SocketsHttpHandler { UseProxy = false, SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } };
        using var client = new HttpClient(handler) { Timeout = Patience };
        var url = $"{(server.Tls.Enabled ? "https" : "http")}://{Host(server.Host)}:{server.Port}/healthz/ready";
        try
        {
            using var answer = await client.GetAsync(url);
            return answer.StatusCode == HttpStatusCode.OK ? null : $"{url} answers {(int)answer.StatusCode}";
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return $"{url} does not answer: {error.Message}";
        }
    }

    private static string Host(string host) => host switch
    {
        SettingForms.AnyHost or "0.0.0.0" => "127.0.0.1",
        "::" or "[::]" => "[::1]",
        _ => host.Contains(':') && !host.StartsWith('[') ? $"[{host}]" : host,
    };
}
