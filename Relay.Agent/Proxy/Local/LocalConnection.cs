using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Relay.Agent.Proxy.Carriers;
using Relay.Agent.Proxy.Parsing;
using Relay.Core.Tunnel;

namespace Relay.Agent.Proxy.Local;

/// <summary>What local connections share.</summary>
internal sealed record ProxySurroundings(ICarrier Carrier, Credentials? Credentials, TimeProvider Time, ILogger Logger)
{
    /// <summary>How long a client may take for its request.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>One connection of a local client: finds out what it speaks, opens the tunnel, and carries what the client sends.</summary>
internal sealed class LocalConnection(Socket socket, ProxySurroundings around)
{
    // A header block, one byte that shows it too long, and what comes behind it in the same packet.
    private const int FirstBytes = 16 * 1024;

    private readonly LocalOutput _output = new(socket);
    private readonly byte[] _first = new byte[FirstBytes];
    private int _count;

    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            using var late = new CancellationTokenSource(around.RequestTimeout, around.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
            if (!await ReceiveAsync(both.Token)) return;
            if (_first[0] == SocksHandshake.Version) await RunSocksAsync(both.Token, cancel);
            else await RunHttpAsync(both.Token, cancel);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException or IOException)
        {
            _output.Break();
        }
        catch (Exception fault)
        {
            ProxyLog.Failed(around.Logger, fault);
            _output.Break();
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async Task RunHttpAsync(CancellationToken late, CancellationToken cancel)
    {
        int length;
        if (!HeaderBlock.IsToken(_first[0]))
        {
            await RefuseAsync(new(400, "The first byte begins neither an HTTP request nor SOCKS5."));
            return;
        }

        while ((length = HeaderBlock.Length(_first.AsSpan(0, Math.Min(_count, ProxyRequest.MaxBlock)))) < 0)
        {
            if (_count > ProxyRequest.MaxBlock)
            {
                await RefuseAsync(new(400, $"The header block is longer than {ProxyRequest.MaxBlock} bytes."));
                return;
            }

            if (!await ReceiveAsync(late)) return;
        }

        if (ProxyRequest.TryRead(_first.AsSpan(0, length), around.Credentials, out var request) is { } fault)
        {
            await RefuseAsync(fault);
            return;
        }

        if (request!.Forward is not null) _output.Response = new();
        var answer = await OpenAsync(request.Target, cancel);
        if (answer.Tunnel is not { } tunnel)
        {
            _output.Response = null;
            await AnswerAsync(answer.Response);
            return;
        }

        using var ending = cancel.UnsafeRegister(static output => ((LocalOutput)output!).Break(), _output);
        if (request.Forward is not { } forward)
        {
            _output.Start(answer.Response.Span);
            await new Upload(socket, tunnel, _output, null).RunAsync(default, _first.AsMemory(length.._count));
            return;
        }

        _output.Start(default);
        await new Upload(socket, tunnel, _output, forward.Body).RunAsync(forward.Head, _first.AsMemory(length.._count));
    }

    private async Task RunSocksAsync(CancellationToken late, CancellationToken cancel)
    {
        var handshake = new SocksHandshake(around.Credentials);
        var used = 0;
        while (true)
        {
            used += handshake.Read(_first.AsSpan(used, _count - used), out var reply);
            if (reply.Length > 0) await SendAsync(reply, late);
            if (handshake.Phase == SocksPhase.Refused)
            {
                await socket.FinishAsync(around.Time);
                return;
            }

            if (handshake.Phase == SocksPhase.Complete) break;
            if (!await ReceiveAsync(late)) return;
        }

        var answer = await OpenAsync(handshake.Target!, cancel);
        var last = SocksHandshake.Answer(answer.Status);
        if (answer.Tunnel is not { } tunnel)
        {
            await AnswerAsync(last);
            return;
        }

        using var ending = cancel.UnsafeRegister(static output => ((LocalOutput)output!).Break(), _output);
        _output.Start(last);
        await new Upload(socket, tunnel, _output, null).RunAsync(default, _first.AsMemory(used.._count));
    }

    private async Task<TunnelAnswer> OpenAsync(TunnelTarget target, CancellationToken cancel)
    {
        var answer = await around.Carrier.OpenAsync(target, _output, cancel);
        ProxyLog.Answered(around.Logger, target, answer.Status);
        return answer;
    }

    /// <summary>False when the client has ended before its request did.</summary>
    private async Task<bool> ReceiveAsync(CancellationToken late)
    {
        var read = await socket.ReceiveAsync(_first.AsMemory(_count), late);
        _count += read;
        return read > 0;
    }

    private Task RefuseAsync(Fault fault) => AnswerAsync(ConnectReply.Refusal(fault.Status, fault.Text));

    private async Task AnswerAsync(ReadOnlyMemory<byte> answer)
    {
        await SendAsync(answer, CancellationToken.None);
        await socket.FinishAsync(around.Time);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancel)..];
    }
}
