namespace Relay.Agent.Proxy;

/// <summary>
/// One file with the certificates that the system trusts and those of <c>--ca-file</c>: some of the variables that name it add to what a program
/// trusts, others replace it.
/// </summary>
internal sealed class CaBundle : IDisposable
{
    private static readonly string[] Systems = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

    private CaBundle(string path) => Path = path;

    public string Path { get; }

    /// <exception cref="IOException">The file cannot be read, or the bundle not be written.</exception>
    public static CaBundle Write(string caFile)
    {
        var system = Systems.FirstOrDefault(File.Exists);
        var path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"relay-ca-{Environment.ProcessId}-{System.IO.Path.GetRandomFileName()}.crt");
        var own = File.ReadAllText(caFile).Trim();
        File.WriteAllText(path, (system is null ? "" : File.ReadAllText(system).TrimEnd() + "\n") + own + "\n");
        return new(path);
    }

    public void Dispose()
    {
        try
        {
            File.Delete(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file too many in the temporary folder.
        }
    }
}
