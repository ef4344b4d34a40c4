using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using Relay.Agent.Connecting;
using Relay.Agent.Proxy.Parsing;

namespace Relay.Agent.Proxy.Carriers;

/// <summary>A WebSocket to the relay, past its upgrade, as the bytes of its frames.</summary>
/// <param name="Stream">The bytes.</param>
/// <param name="Early">What came behind the answer to the upgrade.</param>
/// <param name="Subprotocol">What the relay has chosen, or null.</param>
/// <param name="IsPrivate">Whether nobody between the two ends can see the bytes: TLS, or one machine.</param>
internal sealed record Upgraded(Stream Stream, byte[] Early, string? Subprotocol, bool IsPrivate);

/// <summary>
/// Opens a WebSocket to the relay and gives its bytes, for a framing that copies less than the framework's object and whose dead-peer clock stands
/// still while this end does not read. The framework's also cannot send the <c>Content-Type</c> that other relays of the chunk protocol ask for.
/// </summary>
internal sealed class RelayUpgrade(RelayTarget target, TimeProvider time)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    private const int MaxAnswer = 16 * 1024;

    public Uri Address => target.Address;

    public string? Token => target.Token.Read();

    /// <exception cref="DialException">There is no connection.</exception>
    public async Task<Upgraded> ConnectAsync(string? subprotocol, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            Watch(socket);
            await socket.ConnectAsync(new DnsEndPoint(Address.IdnHost.Trim('[', ']'), Address.Port), both.Token);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (Address.Scheme == "wss")
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = Address.IdnHost.Trim('[', ']') }, both.Token);
                stream = tls;
            }

            var isPrivate = stream is SslStream || (socket.RemoteEndPoint is IPEndPoint { Address: var peer } && IPAddress.IsLoopback(peer));
            var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
            await stream.WriteAsync(Request(key, subprotocol), both.Token);
            return await AnswerAsync(stream, key, isPrivate, both.Token);
        }
        catch (Exception fault) when (fault is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            socket.Dispose();
            cancel.ThrowIfCancellationRequested();
            var why = late.IsCancellationRequested ? $"no answer within {Timeout.TotalSeconds} s" : (fault.InnerException ?? fault).Message;
            throw new DialException(why, 0, fault);
        }
        catch (DialException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The kernel too gives up a peer that is silent to probes, or does not acknowledge what was sent.</summary>
    private static void Watch(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 8);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 3);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        if (!OperatingSystem.IsLinux()) return;
        const int userTimeout = 18;
        socket.SetRawSocketOption((int)ProtocolType.Tcp, userTimeout, BitConverter.GetBytes(18_000));
    }

    private byte[] Request(string key, string? subprotocol)
    {
        var request = new StringBuilder($"GET {Address.PathAndQuery} HTTP/1.1\r\nHost: {Address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n");
        request.Append($"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nContent-Type: application/proto\r\nUser-Agent: relay-agent\r\n");
        if (subprotocol is not null) request.Append($"Sec-WebSocket-Protocol: {subprotocol}\r\n");
        if (Token is { } token) request.Append($"Authorization: Bearer {token}\r\n");
        return Encoding.ASCII.GetBytes(request.Append("\r\n").ToString());
    }

    private static async Task<Upgraded> AnswerAsync(Stream stream, string key, bool isPrivate, CancellationToken cancel)
    {
        var held = new byte[MaxAnswer];
        var count = 0;
        int length;
        while ((length = HeaderBlock.Length(held.AsSpan(0, count))) < 0)
        {
            if (count == held.Length) throw new IOException("the answer to the upgrade does not end");
            var read = await stream.ReadAsync(held.AsMemory(count), cancel);
            if (read == 0) throw new IOException("the connection ended before the upgrade was answered");
            count += read;
        }

        var block = HeaderBlock.Read(held.AsSpan(0, length)) ?? throw new IOException("the answer to the upgrade is malformed");
        var first = block.FirstLine.Split(' ', 3);
        if (first.Length < 2 || !first[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(first[1], out var status)) throw new IOException("the answer to the upgrade is malformed");
        if (status != 101) throw new DialException(RelayDialer.Why((HttpStatusCode)status), (HttpStatusCode)status, null);
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        if (block.Values("Sec-WebSocket-Accept").FirstOrDefault() != accept) throw new IOException("it is not a WebSocket that answers");
        return new(stream, held[length..count], block.Values("Sec-WebSocket-Protocol").FirstOrDefault(), isPrivate);
    }
}
