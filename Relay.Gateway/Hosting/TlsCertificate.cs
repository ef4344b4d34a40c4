using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Relay.Gateway.Hosting;

/// <summary>
/// The server's certificate, from PEM files that are looked at again and again: who renews them puts others in their place, and connections from
/// then on get the new one. Files that do not fit are logged, and the last good ones stay.
/// </summary>
internal sealed partial class TlsCertificate : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly RelayTlsOptions _options;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private string _loaded;
    private string _seen;
    private SslStreamCertificateContext _current;
    private int _looking;

    private TlsCertificate(RelayTlsOptions options, (string Files, SslStreamCertificateContext Certificate) loaded, TimeProvider time, ILogger logger)
    {
        (_options, _loaded, _seen, _current, _logger) = (options, loaded.Files, loaded.Files, loaded.Certificate, logger);
        _timer = time.CreateTimer(static state => ((TlsCertificate)state!).Look(), this, Interval, Interval);
    }

    /// <summary>Loads the files, and keeps an eye on them.</summary>
    /// <exception cref="RelayStartException">They hold no certificate with its key.</exception>
    public static TlsCertificate Start(RelayTlsOptions options, TimeProvider time, ILogger<TlsCertificate> logger)
    {
        try
        {
            var files = Read(options);
            return new(options, (files, Load(options)), time, logger);
        }
        catch (Exception error) when (IsFault(error))
        {
            throw new RelayStartException([$"server.tls: {Readable.Name(options.CertFile)} and {Readable.Name(options.KeyFile)} cannot be used: {Readable.Name(error.Message)}"]);
        }
    }

    /// <summary>Makes a listener speak TLS with what is the certificate at the time of each handshake.</summary>
    public void Serve(ListenOptions listener)
    {
        // Over HTTP/2 browsers would open WebSockets by RFC 8441, which is another handshake.
        listener.Protocols = HttpProtocols.Http1;
        listener.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => new(new SslServerAuthenticationOptions { ServerCertificateContext = Volatile.Read(ref _current) }),
        });
    }

    public void Dispose() => _timer.Dispose();

    // What stands in both, so that a change of either is seen, also behind a link. Certificates are small; a digest of the key is all that stays.
    private static string Read(RelayTlsOptions options) =>
        Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(options.CertFile))) + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(options.KeyFile)));

    private static SslStreamCertificateContext Load(RelayTlsOptions options)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(options.CertFile, options.KeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(options.CertFile);
        if (chain.Count > 0) chain.RemoveAt(0);

        // By way of PKCS #12, because some systems cannot serve with a key that was never in a store.
        var usable = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        return SslStreamCertificateContext.Create(usable, chain, offline: true);
    }

    private static bool IsFault(Exception error) => error is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    private void Look()
    {
        if (Interlocked.Exchange(ref _looking, 1) != 0) return;
        try
        {
            var files = Read(_options);
            // Both looks have to find the same, so that two files of which one has been replaced are not taken for a pair that does not fit.
            if (files != _loaded && files == _seen)
            {
                _loaded = files;
                Volatile.Write(ref _current, Load(_options));
                LogReloaded(_current.TargetCertificate.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            }

            _seen = files;
        }
        catch (Exception error) when (IsFault(error))
        {
            LogNotReloaded(error.Message);
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }

    [LoggerMessage(1004, LogLevel.Information, "The certificate was renewed; it is valid until {NotAfter}")]
    private partial void LogReloaded(string notAfter);

    [LoggerMessage(1005, LogLevel.Warning, "The files of server.tls have changed and cannot be used, the last good certificate stays: {Reason}")]
    private partial void LogNotReloaded(string reason);
}
