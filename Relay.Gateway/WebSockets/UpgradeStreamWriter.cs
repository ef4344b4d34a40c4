using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Relay.Gateway.WebSockets;

/// <summary>Gathers what is written in one pooled buffer, sends it in one piece and gives the buffer back.</summary>
internal sealed class UpgradeStreamWriter : PipeWriter
{
    private const int SmallestBuffer = 4096;

    private readonly Stream _stream;
    private readonly CancellationTokenSource _cut;
    private byte[]? _buffer;
    private int _count;

    public UpgradeStreamWriter(Stream stream, CancellationTokenSource cut)
    {
        _stream = stream;
        _cut = cut;
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _count;

    public override Memory<byte> GetMemory(int sizeHint = 0) => Reserve(sizeHint).AsMemory(_count);

    public override Span<byte> GetSpan(int sizeHint = 0) => Reserve(sizeHint).AsSpan(_count);

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_buffer?.Length ?? 0) - _count);
        _count += bytes;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_cut.IsCancellationRequested) return new FlushResult(isCanceled: true, isCompleted: false);
        if (_buffer is null) return default;

        using var linked = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cut.Token) : null;
        try
        {
            await _stream.WriteAsync(_buffer.AsMemory(0, _count), linked?.Token ?? _cut.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whoever failed may still look at the buffer: it does not go back to the pool.
            _buffer = null;
            _count = 0;
            if (e is OperationCanceledException && _cut.IsCancellationRequested) return new FlushResult(isCanceled: true, isCompleted: false);
            throw;
        }

        Release();
        return default;
    }

    public override void CancelPendingFlush() => _cut.Cancel();

    public override void Complete(Exception? exception = null) => Release();

    private void Release()
    {
        if (_buffer is not null) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        _count = 0;
    }

    private byte[] Reserve(int sizeHint)
    {
        var needed = _count + Math.Max(sizeHint, 1);
        if (_buffer is not null && _buffer.Length >= needed) return _buffer;

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, _count * 2), SmallestBuffer));
        if (_buffer is not null)
        {
            _buffer.AsSpan(0, _count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
        return larger;
    }
}
