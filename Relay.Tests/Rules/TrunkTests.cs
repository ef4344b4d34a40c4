using System.Threading.Channels;
using Relay.Core.Runtime;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>What one gateway sends to another arrives in order and once, or the other is lost and the ends are told.</summary>
public sealed class TrunkTests : IDisposable
{
    private static readonly TrunkOptions Options = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(1));

    private readonly Carrier _carrier = new();
    private readonly Trunks _one;
    private readonly Trunks _other;

    public TrunkTests() => (_one, _other) = (Make("one"), Make("other"));

    public void Dispose()
    {
        _one.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task EverythingArrivesInOrderAndOnceAlthoughCallsFailBeforeAndAfterTheyArrive()
    {
        var end = new End();
        var number = _other.Add(end);
        _carrier.FailsEachThird = true;
        for (var i = 0; i < 2000; i++) _one.Send("other", new(TrunkKind.Credit, number) { Credit = new(i, 1) });
        for (var i = 0; i < 2000; i++) Assert.Equal($"one {i}", await end.NextAsync());
        Assert.True(_carrier.Failed > 0);
    }

    [Fact]
    public async Task AnEndThatIsNotThereIsGoneAndNewsNeedNone()
    {
        var end = new End();
        var number = _one.Add(end);
        _one.Send("other", new(TrunkKind.Begin, 77, number));
        Assert.Equal("other Gone", await end.NextAsync());
        _one.Send("other", new(TrunkKind.Begun, 77, number));
        Assert.Equal("other Finish", await end.NextAsync());
        _one.Send("other", new(TrunkKind.News, 0) { Texts = ["hello"] });
        Assert.Equal("other<one hello", await _carrier.NewsAsync());
        _one.Send("one", new(TrunkKind.News, 0) { Texts = ["myself"] });
        Assert.Equal("one<one myself", await _carrier.NewsAsync());
    }

    [Fact]
    public async Task AGatewayThatCannotBeReachedIsLostAlsoWhenNothingIsSent()
    {
        var (idle, elsewhere) = (new End(), new End());
        _one.Attach(_one.Add(idle), "other");
        _one.Attach(_one.Add(elsewhere), "third");
        _carrier.IsCut = true;
        Assert.Equal("lost other", await idle.NextAsync());
        Assert.Equal("lost third", await elsewhere.NextAsync());
    }

    [Fact]
    public async Task WhoWasGivenUpIsToldWhenItIsReachedAgain()
    {
        var (here, there) = (new End(), new End());
        var (mine, its) = (_one.Add(here), _other.Add(there));
        here.OnLost = () => _one.Remove(mine); // nothing more is sent on its account
        _one.Attach(mine, "other");
        _one.Send("other", new(TrunkKind.Finish, its));
        Assert.Equal("one Finish", await there.NextAsync());
        _carrier.IsCut = true;
        Assert.Equal("lost other", await here.NextAsync());
        _other.Attach(its, "one");
        _carrier.IsCut = false;
        Assert.Equal("lost one", await there.NextAsync());
        _one.Send("other", new(TrunkKind.Close, its));
        Assert.Equal("one Close", await there.NextAsync());
    }

    [Fact]
    public async Task NewsAboutTheSameWaitsOnceAndHoldsUpNoStream()
    {
        var end = new End();
        var number = _other.Add(end);
        _carrier.Hold();
        _one.Send("other", new(TrunkKind.News, 0) { Subject = "under way", Texts = ["under way"] });
        await _carrier.HeldAsync();
        for (var i = 0; i < 5000; i++) _one.Send("other", new(TrunkKind.News, 0) { Subject = $"{i % 2}", Texts = [$"{i}"] });
        _one.Send("other", new(TrunkKind.Finish, number));
        _carrier.Release();
        Assert.Equal("one Finish", await end.NextAsync());
        foreach (var news in (string[])["under way", "4998", "4999"]) Assert.Equal($"other<one {news}", await _carrier.NewsAsync());
        Assert.Equal(2, _carrier.Delivered);
    }

    private Trunks Make(string self)
    {
        var trunks = new Trunks(
            self, _carrier, Options, TimeProvider.System, (from, item) => _carrier.Tell($"{self}<{from} {item.Texts![0]}"), static error => Assert.Fail(error.ToString()), static _ => { });
        _carrier.Gateways[self] = trunks;
        return trunks;
    }

    private sealed class Carrier : ITrunkCarrier
    {
        private readonly Channel<string> _news = Channel.CreateUnbounded<string>();
        private readonly TaskCompletionSource _isHeld = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource? _held;
        private int _calls;

        public Dictionary<string, Trunks> Gateways { get; } = [];

        public bool FailsEachThird { get; set; }

        public bool IsCut { get; set; }

        public int Failed { get; private set; }

        public int Delivered => Volatile.Read(ref _calls);

        public void Hold() => _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HeldAsync() => _isHeld.Task.WaitAsync(RecordingConnection.Patience);

        public void Release() => _held!.SetResult();

        public void Tell(string news) => _news.Writer.TryWrite(news);

        public Task<string> NewsAsync() => _news.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);

        public async Task CarryAsync(string gateway, TrunkBatch batch)
        {
            await Task.Yield();
            var call = Interlocked.Increment(ref _calls);
            if (_held is { } held)
            {
                _isHeld.TrySetResult();
                await held.Task;
            }

            if (IsCut || (FailsEachThird && call % 3 == 1)) throw Fault();
            Gateways[gateway].Receive(batch);
            if (FailsEachThird && call % 3 == 2) throw Fault();
        }

        private TimeoutException Fault()
        {
            Failed++;
            return new();
        }
    }

    private sealed class End : ITrunkEnd
    {
        private readonly Channel<string> _came = Channel.CreateUnbounded<string>();

        public Action OnLost { get; set; } = static () => { };

        public Task<string> NextAsync() => _came.Reader.ReadAsync().AsTask().WaitAsync(RecordingConnection.Patience);

        public void Take(string gateway, in TrunkItem item) => _came.Writer.TryWrite($"{gateway} {(item.Kind == TrunkKind.Credit ? item.Credit.Messages : item.Kind)}");

        public void Lost(string gateway)
        {
            OnLost();
            _came.Writer.TryWrite($"lost {gateway}");
        }
    }
}
