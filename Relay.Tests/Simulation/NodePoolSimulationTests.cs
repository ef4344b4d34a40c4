using Relay.Core;
using Relay.Core.Errors;
using Relay.Core.Nodes;

namespace Relay.Tests.Simulation;

/// <summary>Nodes that come, go, fail and are drained under callers that ask, fail over and leave: nobody is forgotten, and no node has more than it takes.</summary>
public sealed class NodePoolSimulationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void EveryCallEndsOnceAndNoNodeHasMoreThanItTakes(int seed)
    {
        var world = new World(seed);
        for (var i = 0; i < 20_000; i++) world.Step();
        world.Settle();
        Assert.True(world.Served > 1000 && world.Refused > 100 && world.Retried > 100, $"seed {seed}: {world.Served} {world.Refused} {world.Retried}");
    }

    private sealed class Call(NodeAsk ask)
    {
        public NodeAsk Ask => ask;

        public HashSet<string> Failed { get; } = [];

        public Socket? At { get; set; }

        public bool Waits { get; set; }
    }

    private sealed class Socket(NodeOffer offer)
    {
        public NodeOffer Offer => offer;

        public HashSet<Call> Calls { get; } = [];

        public bool IsIn { get; set; }

        public bool IsProbed { get; set; }
    }

    private sealed class World : INodePoolPort<Socket, Call>
    {
        private static readonly string[] Names = ["m", "n", "o"];

        private readonly Random _random;
        private readonly NodePool<Socket, Call> _pool;
        private readonly List<Socket> _sockets = [];
        private readonly HashSet<Call> _open = [];
        private TimeSpan _now;

        public World(int seed) => (_random, _pool) = (new(seed), new(new(TimeSpan.FromSeconds(5), 6, 5) { MaxAffinities = 4 }, this));

        public int Served { get; private set; }

        public int Refused { get; private set; }

        public int Retried { get; private set; }

        private Turn Turn => new(_now);

        public void Step()
        {
            switch (_random.Next(100))
            {
                case < 35:
                    Ask();
                    break;
                case < 65:
                    if (Any(_sockets.Where(static node => node.Calls.Count > 0)) is { } busy) End(busy, busy.Calls.First());
                    break;
                case < 72:
                    if (Any(_sockets.Where(static node => node.Calls.Count > 0)) is { } failing) Fail(failing, failing.Calls.First());
                    break;
                case < 78:
                    if (Any(_open.Where(static call => call.Waits)) is { } waiting) Withdraw(waiting);
                    break;
                case < 84:
                    Come();
                    break;
                case < 88:
                    if (Any(_sockets) is { } leaves) Leave(leaves);
                    break;
                case < 92:
                    if (Any(_sockets.Where(static node => node.IsProbed)) is { } probed) Resolve(probed);
                    break;
                case < 95:
                    _pool.Drain($"n{_random.Next(6)}", _random.Next(2) == 0, Turn);
                    break;
                default:
                    _now += TimeSpan.FromMilliseconds(_random.Next(2000));
                    _pool.Tick(Turn);
                    break;
            }

            Check();
        }

        public void Settle()
        {
            for (var i = 0; i < 6; i++) _pool.Drain($"n{i}", false, Turn);
            while (Any(_sockets) is { } left) Leave(left);
            _now += TimeSpan.FromMinutes(1);
            _pool.Tick(Turn);
            Assert.Empty(_open);
            _now += TimeSpan.FromMinutes(1);
            _pool.Tick(Turn);
            Assert.True(_pool.IsEmpty);
        }

        void INodePoolPort<Socket, Call>.Accept(Socket node) => node.IsIn = true;

        void INodePoolPort<Socket, Call>.TurnAway(Socket node, CloseReason reason)
        {
            Assert.False(node.IsIn);
            _sockets.Remove(node);
        }

        void INodePoolPort<Socket, Call>.Probe(Socket node)
        {
            Assert.True(node.IsIn);
            node.IsProbed = true;
        }

        void INodePoolPort<Socket, Call>.Drain(Socket node, bool drains) => Assert.True(node.IsIn);

        void INodePoolPort<Socket, Call>.Start(Socket node, Call call, TimeSpan waited)
        {
            Assert.True(node.IsIn && call.Waits && call.At is null);
            Assert.InRange(waited, TimeSpan.Zero, TimeSpan.FromSeconds(7));
            Assert.DoesNotContain(node.Offer.NodeId, call.Failed);
            (call.Waits, call.At) = (false, node);
            node.Calls.Add(call);
        }

        void INodePoolPort<Socket, Call>.Refuse(Call call, CallRefusal reason)
        {
            Assert.True(call.Waits && _open.Remove(call));
            Refused++;
        }

        private void Ask()
        {
            var call = new Call(new(Names[_random.Next(Names.Length)], $"c{_random.Next(4)}", _random.Next(2) == 0 ? $"k{_random.Next(6)}" : null)) { Waits = true };
            _open.Add(call);
            _pool.Ask(call, call.Ask, Turn);
        }

        private void End(Socket node, Call call)
        {
            Assert.True(node.Calls.Remove(call) && _open.Remove(call));
            Served++;
            _pool.Done(node, call, Turn);
        }

        // As the runtime does it: the place first, then the caller asks again.
        private void Fail(Socket node, Call call)
        {
            node.Calls.Remove(call);
            _pool.Done(node, call, Turn);
            Again(node, call);
        }

        private void Again(Socket node, Call call)
        {
            Retried++;
            call.Failed.Add(node.Offer.NodeId);
            (call.At, call.Waits) = (null, true);
            _pool.Ask(call, call.Ask with { Without = call.Failed }, Turn);
        }

        private void Withdraw(Call call)
        {
            _open.Remove(call);
            _pool.Withdraw(call);
        }

        private void Come()
        {
            var offer = new NodeOffer($"n{_random.Next(6)}", [.. Names.Where(_ => _random.Next(2) == 0)], 1 + _random.Next(3));
            var node = new Socket(offer);
            _sockets.Add(node);
            _pool.Join(node, offer, Turn);
        }

        private void Leave(Socket node)
        {
            _sockets.Remove(node);
            _pool.Leave(node, Turn);
            foreach (var call in node.Calls) Again(node, call);
        }

        private void Resolve(Socket probed)
        {
            probed.IsProbed = false;
            if (_random.Next(2) == 0) _pool.Answered(probed);
            else Leave(probed);
        }

        private void Check()
        {
            Assert.All(_sockets, static node => Assert.True(node.Calls.Count <= node.Offer.Capacity));
            Assert.Equal(_sockets.Sum(static node => node.Calls.Count), _pool.InFlight);
            Assert.Equal(_open.Count(static call => call.Waits), _pool.Waiting);
            Assert.Equal(_sockets.Count(static node => node.IsIn), _pool.Count);
            foreach (var node in _pool.Nodes().Where(static node => !node.IsDraining && node.InFlight < node.Offer.Capacity))
                Assert.DoesNotContain(_open, call => call.Waits && node.Offer.Models.Contains(call.Ask.Model) && !call.Failed.Contains(node.Offer.NodeId));
        }

        private T? Any<T>(IEnumerable<T> from)
            where T : class
        {
            var all = from.ToList();
            return all.Count == 0 ? null : all[_random.Next(all.Count)];
        }
    }
}
