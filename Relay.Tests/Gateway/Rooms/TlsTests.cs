using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Rooms;

/// <summary><c>server.tls</c>: rooms over wss, and a certificate that is renewed while the relay runs.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-tls-");

    private string Cert => Path.Combine(_folder.FullName, "cert.pem");

    private string Key => Path.Combine(_folder.FullName, "key.pem");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task ARoomWorksOverWss()
    {
        Write("first");
        await using var relay = await StartAsync();
        Assert.Equal("https", relay.Url.Scheme);
        using (var http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } }))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, relay.Url) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
            Assert.Equal(HttpVersion.Version11, (await http.SendAsync(request)).Version);
        }

        using var client = new ClientWebSocket();
        client.Options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        await client.ConnectAsync(new($"wss://127.0.0.1:{relay.Port}/rooms/a"), CancellationToken.None).WaitAsync(Bound);
        // More than one record, there and back.
        var message = new string('x', 60_000);
        await client.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, CancellationToken.None).WaitAsync(Bound);
        var (buffer, length) = (new byte[70_000], 0);
        WebSocketReceiveResult part;
        do
        {
            part = await client.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), CancellationToken.None).WaitAsync(Bound);
            length += part.Count;
        }
        while (!part.EndOfMessage);
        Assert.Equal(message, Encoding.UTF8.GetString(buffer, 0, length));
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None).WaitAsync(Bound);
    }

    [Fact]
    public async Task ARenewedCertificateIsServedAndABrokenOneIsNot()
    {
        var time = new ManualTime();
        Write("first");
        await using var relay = await StartAsync(time);
        Assert.Equal("CN=first", await ServedAsync(relay));

        File.WriteAllText(Cert, "no certificate");
        Look(time);
        Assert.Equal("CN=first", await ServedAsync(relay));

        Write("second");
        Look(time);
        Assert.Equal("CN=second", await ServedAsync(relay));
    }

    [Fact]
    public async Task WithoutACertificateTheRelayDoesNotStart()
    {
        var error = await Assert.ThrowsAsync<RelayStartException>(() => StartAsync());
        Assert.StartsWith("server.tls: ", Assert.Single(error.Faults));
    }

    // A change counts when it has been seen twice.
    private static void Look(ManualTime time)
    {
        time.Advance(TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromSeconds(5));
    }

    private static async Task<string> ServedAsync(RelayServer relay)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, relay.Port).WaitAsync(Bound);
        await using var tls = new SslStream(tcp.GetStream(), false, static (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("localhost").WaitAsync(Bound);
        return tls.RemoteCertificate!.Subject;
    }

    private Task<RelayServer> StartAsync(TimeProvider? time = null) => RelayServer.StartAsync(
        settings => settings with { Server = settings.Server with { Tls = new() { Enabled = true, CertFile = Cert, KeyFile = Key } } }, time: time);

    private void Write(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var start = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var certificate = request.CreateSelfSigned(start, start.AddYears(100));
        File.WriteAllText(Cert, certificate.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
    }
}
