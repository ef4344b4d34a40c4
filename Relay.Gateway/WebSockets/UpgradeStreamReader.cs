using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Relay.Gateway.WebSockets;

/// <summary>
/// Waits with an empty read, so that an idle connection holds no buffer, then reads into one pooled buffer whose size follows what
/// arrives. What it gives is always one segment.
/// </summary>
internal sealed class UpgradeStreamReader : PipeReader
{
    private const int SmallestRead = 4096;
    private const int LargestRead = 65536;

    private readonly Stream _stream;
    private readonly CancellationTokenSource _cut;

    private byte[]? _buffer;
    private int _start;
    private int _end;
    private int _readSize = SmallestRead;
    private bool _allExamined = true;
    private bool _ended;
    private ReadOnlySequence<byte> _given;

    public UpgradeStreamReader(Stream stream, CancellationTokenSource cut)
    {
        _stream = stream;
        _cut = cut;
    }

    public override bool TryRead(out ReadResult result)
    {
        var cut = _cut.IsCancellationRequested;
        var ready = cut || _ended || !_allExamined;
        result = ready ? Give(cut) : default;
        return ready;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (TryRead(out var ready)) return ready;

        using var linked = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cut.Token) : null;
        var token = linked?.Token ?? _cut.Token;
        try
        {
            ShrinkToUnread();
            await _stream.ReadAsync(Memory<byte>.Empty, token).ConfigureAwait(false);
            MakeRoom();
            var room = _buffer.AsMemory(_end);
            var count = await _stream.ReadAsync(room, token).ConfigureAwait(false);
            _ended = count == 0;
            _end += count;
            if (count == room.Length) _readSize = Math.Min(_readSize * 2, LargestRead);
            else if (count < _readSize / 4) _readSize = Math.Max(_readSize / 2, SmallestRead);
        }
        catch (Exception e)
        {
            // Whoever failed may still write into the buffer: it does not go back to the pool.
            _buffer = null;
            Release();
            if (e is OperationCanceledException && _cut.IsCancellationRequested) return Give(isCanceled: true);
            throw;
        }

        return Give(isCanceled: false);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _allExamined = _given.GetOffset(examined) == _given.GetOffset(_given.End);
        _start += (int)(_given.GetOffset(consumed) - _given.GetOffset(_given.Start));
        _given = default;
        if (_start == _end) Release();
    }

    public override void CancelPendingRead() => _cut.Cancel();

    public override void Complete(Exception? exception = null)
    {
        _ended = true;
        Release();
    }

    private ReadResult Give(bool isCanceled)
    {
        _given = _buffer is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_buffer, _start, _end - _start);
        return new ReadResult(_given, isCanceled, _ended);
    }

    private void Release()
    {
        if (_buffer is not null) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        _start = _end = 0;
        _allExamined = true;
    }

    /// <summary>Half a header must not keep a buffer of the largest size while nothing comes.</summary>
    private void ShrinkToUnread()
    {
        if (_buffer is not null && _buffer.Length > SmallestRead && _end - _start <= SmallestRead) MoveTo(SmallestRead);
    }

    private void MakeRoom()
    {
        if (_buffer is null) _buffer = ArrayPool<byte>.Shared.Rent(_readSize);
        else if (_buffer.Length - _end < _readSize) MoveTo(_end - _start + _readSize);
    }

    private void MoveTo(int size)
    {
        var other = ArrayPool<byte>.Shared.Rent(size);
        var unread = _buffer.AsSpan(_start.._end);
        unread.CopyTo(other);
        ArrayPool<byte>.Shared.Return(_buffer!);
        _buffer = other;
        _end = unread.Length;
        _start = 0;
    }
}
