using Relay.Gateway.WebSockets;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets;

public class PipeSocketTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task OneWaitGivesEveryFrameThatHasArrived()
    {
        var pair = new PipePair();
        await using var socket = new PipeSocket(pair.Server, new FrameReader(1000));
        await pair.Client.Output.WriteAsync(Wire.Join(Wire.Text("a"), Wire.Frame(Opcode.Ping, [1]), Wire.Text("b"), Wire.Text("half")[..5]));

        Assert.True(await socket.WaitAsync());
        Assert.Equal(["text 61", "ping 01", "text 62"], Drain(socket));

        var wait = socket.WaitAsync().AsTask();
        Assert.False(wait.IsCompleted);
        await pair.Client.Output.WriteAsync(Wire.Text("half")[5..]);
        Assert.True(await wait.WaitAsync(Bound));
        Assert.Equal(["text 68616C66"], Drain(socket));
    }

    [Fact]
    public async Task FramesLeftUnreadAreThereAfterTheNextWait()
    {
        var pair = new PipePair();
        await using var socket = new PipeSocket(pair.Server, new FrameReader(1000));
        await pair.Client.Output.WriteAsync(Wire.Join(Wire.Text("a"), Wire.Text("b")));
        Assert.True(await socket.WaitAsync());
        Assert.Equal(ReadStatus.Message, socket.TryRead(out _));

        var wait = socket.WaitAsync().AsTask();
        Assert.False(wait.IsCompleted);
        await pair.Client.Output.WriteAsync(Wire.Text("c"));
        Assert.True(await wait.WaitAsync(Bound));
        Assert.Equal(["text 62", "text 63"], Drain(socket));
    }

    [Fact]
    public async Task TheEndIsToldAfterTheLastFrame()
    {
        var pair = new PipePair();
        await using var socket = new PipeSocket(pair.Server, new FrameReader(1000));
        await pair.Client.Output.WriteAsync(Wire.Join(Wire.Text("last"), Wire.Text("cut")[..4]));
        await pair.Client.Output.CompleteAsync();

        Assert.True(await socket.WaitAsync());
        Assert.Equal(["text 6C617374"], Drain(socket));
        Assert.False(await socket.WaitAsync());
        Assert.Equal(ReadStatus.NeedMore, socket.TryRead(out _));
        Assert.False(await socket.WaitAsync());
    }

    [Fact]
    public async Task AFailingTransportIsAnEnd()
    {
        var pair = new PipePair();
        await using var socket = new PipeSocket(pair.Server, new FrameReader(1000));
        var wait = socket.WaitAsync().AsTask();
        await pair.Client.Output.CompleteAsync(new IOException("reset"));
        Assert.False(await wait.WaitAsync(Bound));
        Assert.False(await socket.WaitAsync());
    }

    [Fact]
    public async Task AfterACloseWhatArrivesIsDrainedUnread()
    {
        var pair = new PipePair();
        await using var socket = new PipeSocket(pair.Server, new FrameReader(1000));
        await pair.Client.Output.WriteAsync(Wire.Join(Wire.Close(1000), Wire.Text("late")));
        Assert.True(await socket.WaitAsync());
        Assert.Equal(["close 1000"], Drain(socket));

        var drained = socket.WaitAsync().AsTask();
        await pair.Client.Output.WriteAsync(new byte[100_000]);
        Assert.True(await drained.WaitAsync(Bound));
        await pair.Client.Output.CompleteAsync();
        Assert.False(await socket.WaitAsync().AsTask().WaitAsync(Bound));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(126)]
    [InlineData(4093)]
    [InlineData(4096)]
    [InlineData(200_000)]
    public async Task FramesWrittenLeaveWithOneFlush(int length)
    {
        var pair = new PipePair();
        await using var server = new PipeSocket(pair.Server, new FrameReader(1000));
        await using var client = new PipeSocket(pair.Client, new FrameReader(1_000_000, expectMasked: false));
        var payload = new byte[length];
        new Random(length).NextBytes(payload);
        server.Write(Opcode.Binary, payload);
        server.Write(Opcode.Pong, [7]);
        var wait = client.WaitAsync().AsTask();
        Assert.False(wait.IsCompleted);
        Assert.True(await server.FlushAsync());

        Assert.True(await wait.WaitAsync(Bound));
        Assert.Equal(["binary " + Convert.ToHexString(payload), "pong 07"], Drain(client));
    }

    [Fact]
    public async Task AFlushToAPeerThatEndedIsFalse()
    {
        var pair = new PipePair();
        await using var socket = new PipeSocket(pair.Server, new FrameReader(1000));
        await pair.Client.Input.CompleteAsync();
        socket.Write(Opcode.Text, "x"u8);
        Assert.False(await socket.FlushAsync());
    }

    [Fact]
    public async Task AbortEndsAPendingWaitAndFlushAndIsIdempotent()
    {
        var pair = new PipePair(pauseThreshold: 1000);
        var cut = 0;
        await using var socket = new PipeSocket(pair.Server, new FrameReader(1000), () => Interlocked.Increment(ref cut));
        var wait = socket.WaitAsync().AsTask();
        socket.Write(Opcode.Binary, new byte[5000]);
        var flush = socket.FlushAsync().AsTask();
        Assert.False(wait.IsCompleted || flush.IsCompleted);

        socket.Abort();
        socket.Abort();
        Assert.False(await wait.WaitAsync(Bound));
        Assert.False(await flush.WaitAsync(Bound));
        Assert.Equal(1, cut);
        Assert.False(await socket.WaitAsync());
        Assert.False(await socket.FlushAsync());
    }

    [Fact]
    public async Task TheDisposeWaitsForAnAbortUnderWayAsTheTransportIsSomeoneElsesAfterwards()
    {
        var pair = new PipePair();
        using var begun = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var socket = new PipeSocket(pair.Server, new FrameReader(1000), () =>
        {
            begun.Set();
            Assert.True(go.Wait(Bound));
        });
        socket.Abort();
        Assert.True(begun.Wait(Bound));

        var disposed = socket.DisposeAsync().AsTask();
        Assert.False(disposed.IsCompleted);
        go.Set();
        await disposed.WaitAsync(Bound);
    }

    [Fact]
    public async Task TheCallersCancellationIsNotAnEnd()
    {
        var pair = new PipePair();
        await using var socket = new PipeSocket(pair.Server, new FrameReader(1000));
        using var cancellation = new CancellationTokenSource();
        var wait = socket.WaitAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(Bound));

        await pair.Client.Output.WriteAsync(Wire.Text("still here"));
        Assert.True(await socket.WaitAsync());
        Assert.Single(Drain(socket));
    }

    [Fact]
    public async Task DisposingTwiceAndAbortingAfterwardsIsHarmless()
    {
        var pair = new PipePair();
        var socket = new PipeSocket(pair.Server, new FrameReader(1000), () => throw new InvalidOperationException("The transport is gone."));
        await socket.DisposeAsync();
        await socket.DisposeAsync();
        socket.Abort();
    }

    private static List<string> Drain(PipeSocket socket)
    {
        var frames = new List<string>();
        while (socket.TryRead(out var frame) != ReadStatus.NeedMore) frames.Add(Wire.Describe(frame));
        return frames;
    }
}
