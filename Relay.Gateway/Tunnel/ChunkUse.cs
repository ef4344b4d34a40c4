using System.Text;
using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Tunnel;
using Relay.WebSockets;

namespace Relay.Gateway.Tunnel;

/// <summary>A socket that is one tunnel, in chunks: docs/protocol.md, "Chunks".</summary>
internal sealed class ChunkUse(TunnelSocket socket, TenantId tenant, string? userId, TunnelParts parts) : ITunnelUse, ITunnelCarrier
{
    // More than this is not taken of a client whose target does not read.
    private const int MaxHeld = 64 * 1024;

    private readonly ChunkReader _chunks = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConnectParser? _head = new();
    private Tunnel? _tunnel;
    private TimeSpan _wait;
    private volatile bool _draining;

    public string ConnectionId => socket.Id;

    public bool HasPressure => _wait > TimeSpan.Zero || _tunnel?.Held > MaxHeld;

    public Task Ended => _tunnel?.Over ?? Task.CompletedTask;

    public string? Read(ReadOnlySpan<byte> payload, bool endsMessage)
    {
        if (_chunks.TryRead(payload, endsMessage, out var data, out var fault)) Take(data);
        return fault;
    }

    public async ValueTask PressureAsync()
    {
        if (_wait > TimeSpan.Zero) await Task.Delay(_wait, parts.Time);
        _wait = TimeSpan.Zero;
        if (_tunnel?.Held > MaxHeld) await _tunnel.DrainAsync();
    }

    public void PeerClosed(int code)
    {
        if (_tunnel is null) socket.Finish(CloseReason.Normal);
        else if (code is CloseCodes.Normal or CloseCodes.NoStatus) _tunnel.AcceptEnd();
        else _tunnel.End(TunnelEnd.ClientReset);
    }

    public void EndAll(TunnelEnd why) => _tunnel?.End(why);

    public void Drain()
    {
        _draining = true;
        if (_tunnel is null) socket.Finish(CloseReason.GoingAway);
    }

    public void Sweep(TimeSpan now) => _tunnel?.Sweep(now);

    public ValueTask<int> CreditAsync() => new(TunnelChunk.MaxData);

    public ValueTask<bool> SendAsync(byte[] buffer, int offset, int count)
    {
        var chunk = offset - TunnelChunk.HeaderSize(count);
        TunnelChunk.WriteHeader(buffer.AsSpan(chunk), count);
        var length = offset + count - chunk;
        var frame = chunk - FrameWriter.HeaderSize(length);
        FrameWriter.WriteHeader(buffer.AsSpan(frame), Opcode.Binary, length);
        return socket.Sender.SendAsync(buffer.AsMemory(frame, offset + count - frame));
    }

    public void Opened() => Post(ConnectReply.Established);

    public void Refused(int status, string text)
    {
        Post(ConnectReply.Refusal(status, text));
        socket.Finish(CloseReason.Normal);
    }

    public void TargetEnded() => socket.SendClose(CloseReason.Normal);

    public void Consumed(int bytes)
    {
        // The transport pushes back by itself when it is not read.
    }

    void ITunnelCarrier.Ended(TunnelEnd why) => socket.Finish(why switch
    {
        TunnelEnd.Finished or TunnelEnd.ClientReset or TunnelEnd.ClientGone => CloseReason.Normal,
        TunnelEnd.TargetLost => CloseReason.TunnelLost,
        TunnelEnd.Idle => CloseReason.TunnelIdle,
        TunnelEnd.Quota => CloseReason.TunnelQuota,
        TunnelEnd.GoingAway => CloseReason.GoingAway,
        TunnelEnd.Expired => CloseReason.TokenExpired,
    });

    private void Take(ReadOnlySpan<byte> data)
    {
        if (_head is { } head)
        {
            data = data[head.Read(data)..];
            if (head.Phase == ConnectPhase.NeedMore) return;
            _head = null;
            Begin(head);
        }

        if (!data.IsEmpty && _tunnel?.Accept(data) is { } wait && wait > _wait) _wait = wait;
    }

    private void Begin(ConnectParser head)
    {
        var who = new TunnelOwner(tenant, userId ?? UserOf(head.ProxyAuthorization) ?? "");
        if (head.Target is not { } target)
        {
            Refuse(who, "", head.Status, head.Fault);
            return;
        }

        if (who.UserId.Length == 0 && (parts.RequiresUser || head.ProxyAuthorization is not null)) Refuse(who, target.ToString(), 407, "The relay wants to know the user: Proxy-Authorization with Basic and a name.");
        else if (_draining) Refuse(who, target.ToString(), 503, "The relay is being stopped.");
        else if (parts.Accounts.TryOpen(who, out var fault) is not { } account) Refuse(who, target.ToString(), 429, fault);
        else _ = (_tunnel = new(this, target, account, parts)).RunAsync();
    }

    private void Refuse(TunnelOwner who, string target, int status, string text)
    {
        parts.Counters.CountRefused(status);
        parts.Log.Refused(who, socket.Id, target, status, text);
        Refused(status, text);
    }

    private void Post(ReadOnlySpan<byte> data)
    {
        Span<byte> chunk = stackalloc byte[TunnelChunk.MaxHeader + 2 * ConnectReply.MaxBody];
        var header = TunnelChunk.WriteHeader(chunk, data.Length);
        data.CopyTo(chunk[header..]);
        socket.Sender.Post(chunk[..(header + data.Length)]);
    }

    // Without authentication whoever connects says who it is; the password is nobody's affair.
    private static string? UserOf(string? authorization)
    {
        if (authorization is null || !authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return null;
        var bytes = new byte[authorization.Length];
        if (!Convert.TryFromBase64String(authorization["Basic ".Length..].Trim(), bytes, out var count)) return null;
        var colon = bytes.AsSpan(0, count).IndexOf((byte)':');
        if (colon < 0 || !System.Text.Unicode.Utf8.IsValid(bytes.AsSpan(0, colon))) return null;
        var name = Encoding.UTF8.GetString(bytes, 0, colon);
        return Ids.IsValid(name) ? name : null;
    }
}
