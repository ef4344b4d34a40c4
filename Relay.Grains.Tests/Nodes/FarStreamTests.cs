using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core.Nodes.Wire;
using Relay.Core.Runtime;
using Relay.Tests.Gateway.Nodes;

namespace Relay.Grains.Tests.Nodes;

/// <summary>Streams that began at one gateway, and are read and stopped at another.</summary>
public sealed class FarStreamTests : IAsyncLifetime
{
    private const string Id = "X-Relay-Stream-Id";

    private static readonly (string, string)[] AsS = [(Id, "s/1")];

    private NodeHouse _house = null!;
    private NodeCaller _home = null!;
    private NodeCaller _far = null!;
    private TestNode _node = null!;

    public async Task InitializeAsync()
    {
        // The streams' home is where the node is, so that nothing else is between them.
        _house = await TwoGateways.StartAsync(null, null);
        (_home, _far) = (new(_house.Nodes.Url), new(_house.Callers.Url));
        _node = await TestNode.JoinAsync(_house);
    }

    public async Task DisposeAsync()
    {
        _home.Dispose();
        _far.Dispose();
        await _house.DisposeAsync();
    }

    [Fact]
    public async Task AStreamGoesOnAtAnotherGatewayFromAnyOffset()
    {
        var (call, job) = await BeginStreamAsync();
        await job.SendAsync("data: 1\n\n");
        using (var response = await call) Assert.Equal("data: 1\n\n", await (await response.Content.ReadAsStreamAsync()).ReadTextAsync(9));
        using var far = await _far.SendAsync(HttpMethod.Get, "/v1/streams/s%2F1?offset=4");
        Assert.Equal(HttpStatusCode.OK, far.StatusCode);
        Assert.Equal(
            ("text/event-stream", "4", "s/1", "n"),
            (far.Content.Headers.ContentType!.ToString(), far.Headers.GetValues("X-Relay-Stream-Offset").Single(), far.Headers.GetValues(Id).Single(), far.Headers.GetValues("X-Relay-Node").Single()));
        var stream = await far.Content.ReadAsStreamAsync();
        Assert.Equal(": 1\n\n", await stream.ReadTextAsync(5));
        await job.SendAsync("data: 2\n\n");
        Assert.Equal("data: 2\n\n", await stream.ReadTextAsync(9));

        // The newest reader has it, wherever it reads.
        using var near = await _home.SendAsync(HttpMethod.Get, "/v1/streams/s%2F1?offset=9");
        await Assert.ThrowsAnyAsync<Exception>(async () => await stream.ReadToEndAsync());
        await job.EndAsync();
        Assert.Equal("data: 2\n\n", await near.Content.ReadAsStringAsync());
        using var late = await _far.SendAsync(HttpMethod.Get, "/v1/streams/s%2F1");
        Assert.Equal("data: 1\n\ndata: 2\n\n", await late.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task AnIdIsUsedOnceInTheClusterUntilTheStreamIsStoppedFromAnywhere()
    {
        var (call, job) = await BeginStreamAsync();
        await job.SendAsync("data: 1\n\n");
        using var response = await call;
        using (var second = await _far.PostAsync(NodeCaller.Body(), headers: AsS)) await second.ExpectErrorAsync(409, "stream_exists");
        using (var foreign = await _far.SendAsync(HttpMethod.Delete, "/t/acme/v1/streams/s%2F1")) await foreign.ExpectErrorAsync(404, "stream_not_found");
        using (var ahead = await _far.SendAsync(HttpMethod.Get, "/v1/streams/s%2F1?offset=99")) await ahead.ExpectErrorAsync(416, "offset_ahead");
        using (var stop = await _far.SendAsync(HttpMethod.Delete, "/v1/streams/s%2F1")) Assert.Equal((HttpStatusCode.NoContent, ""), (stop.StatusCode, await stop.Content.ReadAsStringAsync()));
        Assert.Equal(job.Id, (await _node.NextAsync<NodeCancel>()).Id);
        Assert.Equal("data: 1\n\n", await response.Content.ReadAsStringAsync());
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete])
        {
            using var gone = await _far.SendAsync(method, "/v1/streams/s%2F1");
            await gone.ExpectErrorAsync(404, "stream_not_found");
        }

        // It is free at once, also where it was not before.
        var again = _far.PostAsync(NodeCaller.Body(), headers: AsS);
        await (await _node.NextAsync()).StreamAsync("data: 2\n\n");
        Assert.Equal("data: 2\n\n", await (await again).Content.ReadAsStringAsync());
        using var other = await _home.SendAsync(HttpMethod.Get, "/v1/streams/s%2F1");
        Assert.Equal("data: 2\n\n", await other.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task AReaderElsewhereThatDoesNotReadStopsTheNodeAndGetsEverythingInTheEnd()
    {
        var (call, job) = await BeginStreamAsync();
        await job.SendAsync("data: 0\n\n");
        (await call).Dispose();
        using var far = await _far.SendAsync(HttpMethod.Get, "/v1/streams/s%2F1?offset=9");
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 32; i++) await job.SendAsync(new string((char)('a' + (i % 26)), 1 << 20));
            await job.EndAsync();
        });

        // What is not read leaves no room; others go on meanwhile.
        var other = _far.PostAsync(NodeCaller.Body());
        await (await _node.NextAsync()).StreamAsync("data: quick\n\n");
        Assert.Equal("data: quick\n\n", await (await other).Content.ReadAsStringAsync());
        Assert.False(sending.IsCompleted);
        var text = await far.Content.ReadAsStringAsync();
        await sending;
        Assert.Equal(32 << 20, text.Length);
        for (var i = 0; i < 32; i++) Assert.True(text.AsSpan(i << 20, 1 << 20).IndexOfAnyExcept((char)('a' + (i % 26))) < 0);
    }

    [Fact]
    public async Task AReaderElsewhereThatLeavesCostsTheStreamNothing()
    {
        var (call, job) = await BeginStreamAsync();
        await job.SendAsync("data: 1\n\n");
        (await call).Dispose();
        for (var i = 0; i < 5; i++)
        {
            using var far = await _far.SendAsync(HttpMethod.Get, "/v1/streams/s%2F1");
            Assert.Equal("data: 1\n\n", await (await far.Content.ReadAsStreamAsync()).ReadTextAsync(9));
        }

        await job.SendAsync("data: 2\n\n", isLast: true);
        using var last = await _far.SendAsync(HttpMethod.Get, "/v1/streams/s%2F1?offset=9");
        Assert.Equal("data: 2\n\n", await last.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task WhenItsHomeIsLostReadersElsewhereAreTold()
    {
        var (call, job) = await BeginStreamAsync();
        await job.SendAsync("data: 1\n\nda");
        (await call).Dispose();
        using var far = await _far.SendAsync(HttpMethod.Get, "/v1/streams/s%2F1");
        var stream = await far.Content.ReadAsStreamAsync();
        Assert.Equal("data: 1\n\nda", await stream.ReadTextAsync(11));
        ((OrleansRuntime)_house.Nodes.Services.GetRequiredService<IRelayRuntime>()).Dispose();
        var end = await stream.ReadToEndAsync();
        Assert.StartsWith("\n\ndata: ", end, StringComparison.Ordinal);
        NodeExtensions.AssertError(end[8..], "stream_lost");

        // Until its lease is over nobody can know; then it is gone, and the id free.
        using var gone = await _far.SendAsync(HttpMethod.Get, "/v1/streams/s%2F1");
        await gone.ExpectErrorAsync(404, "stream_not_found");
    }

    private async Task<(Task<HttpResponseMessage> Call, NodeJob Job)> BeginStreamAsync()
    {
        var call = _home.PostAsync(NodeCaller.Body(), headers: AsS);
        var job = await _node.NextAsync();
        await job.AnswerAsync();
        return (call, job);
    }
}
