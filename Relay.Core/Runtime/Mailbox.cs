namespace Relay.Core.Runtime;

/// <summary>
/// Gives an actor one turn at a time without a lock. An input that finds the mailbox idle becomes a turn at once on the
/// posting thread; others are queued and run by whoever owns the mailbox, in the order in which each poster posted them.
/// </summary>
/// <remarks>
/// One word holds everything: null is idle, <see cref="Node.Busy"/> is owned with nothing queued, anything else is the newest
/// queued input. The queue is bounded by what feeds it: connections' credit, the limit of connections, one news item for
/// each plugin instance (DESIGN rule 6).
/// </remarks>
/// <typeparam name="TInput">What a turn is given.</typeparam>
internal abstract class Mailbox<TInput>(RuntimeClock clock) : Actor
    where TInput : struct
{
    // Turns of one mailbox in a row before others on the thread get theirs.
    private const int Batch = 64;

    private Node? _head;

    // Owner only: inputs taken from _head, oldest first.
    private Node? _taken;

    /// <summary>Handles one input. Effects that reach other actors are posted and run after the turn.</summary>
    protected abstract void OnTurn(in TInput input, Turn turn);

    /// <summary>A turn threw, which is a bug of ours: other actors must not suffer from it.</summary>
    protected abstract void OnFault(Exception exception);

    /// <summary>Hands an input to the actor, from any thread.</summary>
    internal void Post(in TInput input)
    {
        if (Interlocked.CompareExchange(ref _head, Node.Busy, null) is not null)
        {
            if (!Push(input)) return;
            // The owner let go meanwhile, so the mailbox is this thread's now and _head holds the input.
            Take();
            using var entered = TurnScope.Enter();
            entered.Scope.Ready(this);
            entered.Scope.Drain();
            return;
        }

        using var opened = TurnScope.Enter();
        var scope = opened.Scope;
        if (!scope.MayRunInline)
        {
            _taken = Node.Rent(input);
            scope.Ready(this);
            return;
        }

        scope.RunInline(this, input);
    }

    internal void RunTurn(in TInput input, TurnScope scope)
    {
        try
        {
            OnTurn(input, scope.Turn(clock));
        }
        catch (Exception e)
        {
            OnFault(e);
        }
    }

    internal override void Drain(TurnScope scope)
    {
        for (var i = 0; i < Batch; i++)
        {
            if (_taken is not { } node)
            {
                if (Release()) return;
                Take();
                continue;
            }

            _taken = node.Next;
            var input = node.Value;
            Node.Return(node);
            RunTurn(input, scope);
        }

        scope.Ready(this);
    }

    // Gives the mailbox up if nothing is queued.
    internal bool Release() => Interlocked.CompareExchange(ref _head, null, Node.Busy) == Node.Busy;

    // True when the mailbox was idle and now belongs to the caller.
    private bool Push(in TInput input)
    {
        var node = Node.Rent(input);
        while (true)
        {
            var head = Volatile.Read(ref _head);
            node.Next = ReferenceEquals(head, Node.Busy) ? null : head;
            if (Interlocked.CompareExchange(ref _head, node, head) == head) return head is null;
        }
    }

    private void Take()
    {
        var node = Interlocked.Exchange(ref _head, Node.Busy);
        Node? oldest = null;
        while (node is not null && !ReferenceEquals(node, Node.Busy))
        {
            var next = node.Next;
            node.Next = oldest;
            oldest = node;
            node = next;
        }

        _taken = oldest;
    }

    internal sealed class Node
    {
        internal static readonly Node Busy = new();

        [ThreadStatic]
        private static Node? _spare;
        [ThreadStatic]
        private static int _spares;

        internal TInput Value;
        internal Node? Next;

        internal static Node Rent(in TInput input)
        {
            var node = _spare;
            if (node is null) return new Node { Value = input };
            _spare = node.Next;
            _spares--;
            node.Next = null;
            node.Value = input;
            return node;
        }

        internal static void Return(Node node)
        {
            node.Value = default;
            node.Next = null;
            if (_spares >= 256) return;
            node.Next = _spare;
            _spare = node;
            _spares++;
        }
    }
}
