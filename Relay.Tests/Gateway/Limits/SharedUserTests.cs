using Relay.Core;
using Relay.Core.Limits;
using Relay.Gateway.Hosting;
using Relay.Gateway.Limits;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Limits;

/// <summary>Two processes that ask one owner what it leaves of a user's limits.</summary>
public sealed class SharedUserTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly TenantId Tenant = new("default");

    private readonly ManualTime _time = new();
    private readonly HandOwner _owner;
    private readonly LimitTable _first;
    private readonly LimitTable _second;
    private RelayLimitsOptions _limits = new();

    public SharedUserTests()
    {
        _owner = new(_time);
        (_first, _second) = (Table(), Table());
    }

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task OfManyAtOnceExactlySoManyAreOpenAndAPlaceThatIsGivenBackIsFree()
    {
        _limits = new() { UserConnections = 7 };
        var all = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? _first : _second).OpenAsync(Tenant, "alice").AsTask()).ToList()).WaitAsync(Bound);
        Assert.Equal(7, all.Count(static one => one.Meter is not null));
        Assert.All(all.Where(static one => one.Meter is null), static one => Assert.Equal((LimitKind.UserConnections, false), (one.Refusal!.Value.Kind, one.Refusal.Value.IsUnanswered)));
        Assert.NotNull((await _first.OpenAsync(Tenant, "bob")).Meter);

        all.First(static one => one.Meter is not null).Meter!.Dispose();
        Assert.NotNull((await OpenOnceAsync(_first, _second)).Meter);
        Assert.NotNull((await _second.OpenAsync(Tenant, "alice")).Refusal);
    }

    [Fact]
    public async Task WhoeverIsOverTheTenantsLimitGivesItsPlaceBack()
    {
        _limits = new() { UserConnections = 2, TenantConnections = 1 };
        var (meter, _) = await _first.OpenAsync(Tenant, "alice");
        Assert.Equal(LimitKind.TenantConnections, (await _first.OpenAsync(Tenant, "alice")).Refusal?.Kind);
        Assert.NotNull((await OpenOnceAsync(_second)).Meter);
        meter!.Dispose();
    }

    [Fact]
    public async Task WithoutALimitNobodyIsAsked()
    {
        Assert.NotNull((await _first.OpenAsync(Tenant, "alice")).Meter);
        Assert.Null(await _first.TryConnectAsync(Tenant, "alice"));
        _limits = new() { UserConnections = 1, UserConnectsPerSecond = 1 };
        Assert.NotNull((await _first.OpenAsync(Tenant, null)).Meter);
        Assert.Equal(0, _owner.Reports);
    }

    [Fact]
    public async Task WhereNobodyAnswersItIsRefusedUnansweredAndAskedAgainUntilThen()
    {
        _limits = new() { UserConnections = 1, UserConnectsPerSecond = 5 };
        _owner.IsLost = true;
        var (open, connect) = (_first.OpenAsync(Tenant, "alice").AsTask(), _first.TryConnectAsync(Tenant, "alice").AsTask());
        await PassAsync(open);
        Assert.True((await open).Refusal!.Value.IsUnanswered);
        await PassAsync(connect);
        Assert.True((await connect)!.Value.IsUnanswered);
        Assert.InRange(_first.Counters.Unanswered, 2, 2);

        _owner.IsLost = false;
        var again = _first.OpenAsync(Tenant, "alice").AsTask();
        await PassAsync(again);
        Assert.NotNull((await again).Meter);
    }

    [Fact]
    public void NamesWithoutEndTakeNoMemoryWithoutEndWhileNobodyAnswers()
    {
        _owner.IsLost = true;
        var link = new OwnerLink(new(Tenant, 0), _owner.NewProcess(), new(_time), static () => 1);
        var names = 0;
        while (names < 100_000 && link.Enter($"u{names}", new(Connections: 1)) is { } user)
        {
            link.Tell(user);
            user.Leave();
            names++;
        }

        Assert.InRange(names, 65_536, 70_000);
        Assert.NotNull(link.Enter("u0", new(Connections: 1)));
        link.Stop();
    }

    [Fact]
    public async Task AnAnswerOfAPredecessorDoesNotCount()
    {
        _limits = new() { UserConnections = 1 };
        var held = _owner.Hold();
        var first = _first.OpenAsync(Tenant, "alice").AsTask();
        while (_owner.Reports == 0) await Task.Yield();
        // The successor hears that nothing is open, and gives the place to the other process.
        _owner.Succeed();
        held.SetResult();
        Assert.NotNull((await _second.OpenAsync(Tenant, "alice").AsTask().WaitAsync(Bound)).Meter);
        await PassAsync(first);
        Assert.Equal(LimitKind.UserConnections, (await first).Refusal?.Kind);
    }

    [Fact]
    public async Task RequestsOfBothHaveOneRate()
    {
        _limits = new() { UserConnectsPerSecond = 10 };
        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? _first : _second).TryConnectAsync(Tenant, "alice").AsTask()).ToList()).WaitAsync(Bound);
        Assert.Equal(10, all.Count(static one => one is null));
        Assert.All(all.Where(static one => one is not null), static one => Assert.True(one!.Value.RetryAfter > TimeSpan.Zero));
    }

    [Fact]
    public async Task MessagesOfBothAreNeverMoreThanTheRateAndOneThatIsAloneHasAllOfIt()
    {
        _limits = new() { UserMessagesPerSecond = 20 };
        Assert.Equal(20, await SendAsync(50, _first, _second));
        Assert.Equal(0, await SendAsync(10, _first, _second));
        // What the one has borrowed and not used it has given back.
        for (var second = 0; second < 4; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAll(_first.TryConnectAsync(Tenant, "alice").AsTask(), _second.TryConnectAsync(Tenant, "alice").AsTask());
        }

        Assert.Equal(20, await SendAsync(50, _first));
    }

    [Fact]
    public async Task WhoHasGoneIsForgotten()
    {
        _limits = new() { UserConnections = 5, UserMessagesPerSecond = 5, UserBytesPerSecond = 1000 };
        for (var i = 0; i < 50; i++)
        {
            var (meter, _) = await _first.OpenAsync(Tenant, $"u{i}");
            await _first.TryMessageAsync(Tenant, $"u{i}");
            meter!.Dispose();
        }

        Assert.True(_first.SharedUsers > 0);
        for (var i = 0; i < 1000 && _first.SharedUsers > 0; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(0, _first.SharedUsers);
    }

    private LimitTable Table()
    {
        var table = new LimitTable(_time, SubjectLimits.None, _ => _limits);
        table.Share(_owner.NewProcess());
        return table;
    }

    private static async Task<int> SendAsync(int each, params LimitTable[] tables)
    {
        var sent = 0;
        for (var i = 0; i < each; i++)
            foreach (var table in tables)
                if ((await table.TryMessageAsync(Tenant, "alice").AsTask().WaitAsync(Bound)).Refusal is null) sent++;
        return sent;
    }

    // The news that a place is free is on its way when the next one asks.
    private static async Task<(ConnectionMeter? Meter, LimitRefusal? Refusal)> OpenOnceAsync(params LimitTable[] tables)
    {
        for (var i = 0; ; i++)
        {
            var answer = await tables[i % tables.Length].OpenAsync(Tenant, "alice");
            if (answer.Meter is not null || i == 1000) return answer;
        }
    }

    private async Task PassAsync(Task until)
    {
        for (var i = 0; i < 100_000 && !until.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }
    }
}
