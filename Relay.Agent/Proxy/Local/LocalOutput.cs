using System.Buffers;
using System.Net.Sockets;
using Relay.Agent.Proxy.Carriers;
using Relay.Agent.Proxy.Parsing;

namespace Relay.Agent.Proxy.Local;

/// <summary>
/// The side of a local connection that is written to. What fits into the socket goes there at once, from the memory it was received in; the rest
/// waits, and its sender learns of each byte that has left, so that the carrier bounds what waits.
/// </summary>
internal sealed class LocalOutput(Socket socket) : ITunnelOutput
{
    private const int PieceBytes = 32 * 1024;

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly Queue<Piece> _waiting = new();
    private Action<int>? _passedOn;
    private bool _isHeld = true;
    private bool _isDraining;
    private bool _isEnding;
    private bool _isBroken;

    /// <summary>Rewrites what comes first; null when all passes as it is.</summary>
    public ResponseHead? Response { get; set; }

    /// <summary>Completes when all has been written and the direction has ended, or when it was broken off.</summary>
    public Task Done => _done.Task;

    public bool IsBroken => Volatile.Read(ref _isBroken);

    /// <summary>Writes the answer to the request; from now on what comes out of the tunnel follows it.</summary>
    public void Start(ReadOnlySpan<byte> answer)
    {
        lock (_gate)
        {
            _isHeld = false;
            // What came meanwhile stands behind the answer.
            var held = _waiting.ToArray();
            _waiting.Clear();
            if (!answer.IsEmpty) _waiting.Enqueue(new(answer.ToArray(), answer.Length, IsOwn: true));
            foreach (var piece in held) _waiting.Enqueue(piece);
        }

        Drain();
    }

    public void Write(ReadOnlySpan<byte> bytes, Action<int> passedOn)
    {
        var passed = 0;
        lock (_gate)
        {
            if (_isBroken) return;
            _passedOn = passedOn;
            if (Response is { } response)
            {
                var rewritten = response.Take(bytes);
                if (rewritten != bytes)
                {
                    // Not the bytes that came: the carrier has its credit back, and these few are this end's own.
                    passed = bytes.Length;
                    if (!rewritten.IsEmpty) _waiting.Enqueue(new(rewritten.ToArray(), rewritten.Length, IsOwn: true));
                    bytes = default;
                }
            }

            if (!_isHeld && !_isDraining && _waiting.Count == 0 && !bytes.IsEmpty)
            {
                var sent = TrySend(bytes);
                passed += sent;
                bytes = bytes[sent..];
            }

            Hold(bytes);
        }

        if (passed > 0) passedOn(passed);
        if (Response is { IsBroken: true }) Break();
        else Drain();
    }

    public void End()
    {
        lock (_gate)
        {
            if (_isBroken) return;
            _isEnding = true;
        }

        // A response that ended inside its header block is none.
        if (Response is { IsComplete: false }) Break();
        else Drain();
    }

    public void Break()
    {
        lock (_gate)
        {
            if (_isBroken) return;
            _isBroken = true;
            if (!_isDraining) Clear();
        }

        socket.Reset();
        _done.TrySetResult();
    }

    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        var sent = socket.Send(bytes, SocketFlags.None, out var error);
        // Whatever else is wrong with the socket the draining will meet as well.
        return error == SocketError.Success ? sent : 0;
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = ArrayPool<byte>.Shared.Rent(Math.Min(bytes.Length, PieceBytes));
            var count = Math.Min(piece.Length, bytes.Length);
            bytes[..count].CopyTo(piece);
            _waiting.Enqueue(new(piece, count, IsOwn: false));
            bytes = bytes[count..];
        }
    }

    private void Drain()
    {
        lock (_gate)
        {
            if (_isHeld || _isDraining || _isBroken || (_waiting.Count == 0 && !_isEnding)) return;
            _isDraining = true;
        }

        _ = DrainAsync();
    }

    private async Task DrainAsync()
    {
        try
        {
            while (true)
            {
                Piece piece;
                lock (_gate)
                {
                    if (_isBroken || !_waiting.TryDequeue(out piece))
                    {
                        _isDraining = false;
                        if (_isBroken) Clear();
                        else if (!_isEnding) return;
                        break;
                    }
                }

                for (var rest = piece.Bytes.AsMemory(0, piece.Count); rest.Length > 0;)
                    rest = rest[await socket.SendAsync(rest, SocketFlags.None)..];
                if (piece.IsOwn) continue;
                ArrayPool<byte>.Shared.Return(piece.Bytes);
                _passedOn?.Invoke(piece.Count);
            }

            if (!IsBroken) socket.Shutdown(SocketShutdown.Send);
            _done.TrySetResult();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            lock (_gate)
            {
                _isDraining = false;
                Clear();
            }

            Break();
        }
    }

    private void Clear()
    {
        while (_waiting.TryDequeue(out var piece))
            if (!piece.IsOwn) ArrayPool<byte>.Shared.Return(piece.Bytes);
    }

    /// <param name="Bytes">What is written.</param>
    /// <param name="Count">How many of them.</param>
    /// <param name="IsOwn">Whether this end made them: no carrier counts them, and their memory is no pool's.</param>
    private readonly record struct Piece(byte[] Bytes, int Count, bool IsOwn);
}
