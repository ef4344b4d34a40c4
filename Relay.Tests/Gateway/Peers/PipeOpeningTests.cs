using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Relay.Core;
using Relay.Core.Peers;
using Relay.Core.Runtime;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Peers;

/// <summary>What a client may count on when its socket has opened.</summary>
public sealed class PipeOpeningTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task AnEndIsThereForItsPartnerBeforeItsClientSeesTheSocketOpen()
    {
        var asked = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        var wasOpen = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var http = new HttpClient();
        Uri? url = null;
        await using var relay = await RelayServer.StartAsync(services: services => services.AddSingleton(provider => WatchedRuntime.Of(provider.GetRequiredService<InProcessRuntime>(), () =>
        {
            // An answer that had left before this would have arrived by the time that another request is answered.
            var opening = asked.Task.WaitAsync(Bound).GetAwaiter().GetResult();
            http.GetStringAsync(new Uri(url!, "/healthz/live")).WaitAsync(Bound).GetAwaiter().GetResult();
            wasOpen.TrySetResult(opening.IsCompleted);
        })));
        url = relay.Url;

        var opening = relay.PipeAsync("one", "other");
        asked.SetResult(opening);
        Assert.False(await wasOpen.Task.WaitAsync(Bound));
        var one = await opening;

        var other = await relay.PipeAsync("other", "one");
        await one.SendTextAsync("last words");
        await one.SendCloseAsync(1000);
        Assert.Equal("last words", (await other.ReceiveAsync()).Text);
    }

    /// <summary>The runtime of one process; the test is told before an end comes to a pipe.</summary>
    public class WatchedRuntime : DispatchProxy
    {
        private IRelayRuntime _inner = null!;
        private IPeerRuntime _peers = null!;

        public static IRelayRuntime Of(IRelayRuntime inner, Action beforeConnect)
        {
            var runtime = Create<IRelayRuntime, WatchedRuntime>();
            var watched = (WatchedRuntime)(object)runtime;
            (watched._inner, watched._peers) = (inner, new WatchedPeers(inner.Peers, beforeConnect));
            return runtime;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == $"get_{nameof(IRelayRuntime.Peers)}" ? _peers : targetMethod.Invoke(_inner, args);
    }

    private sealed class WatchedPeers(IPeerRuntime inner, Action beforeConnect) : IPeerRuntime
    {
        private int _connects;

        public PeerLink Open(PeerKey peer, IPeerConnection connection) => inner.Open(peer, connection);

        public RuntimeLink Connect(PipeKey pipe, bool isSecond, IPipeEnd end)
        {
            if (Interlocked.Increment(ref _connects) == 1) beforeConnect();
            return inner.Connect(pipe, isSecond, end);
        }
    }
}
