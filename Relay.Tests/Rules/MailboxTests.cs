using System.Collections.Concurrent;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Tests.Support;

namespace Relay.Tests.Rules;

/// <summary>Mailboxes and the trampoline, with real threads.</summary>
public class MailboxTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RuntimeClock _clock = new(new ManualTime());

    [Fact]
    public async Task EveryInputBecomesOneTurnInThePostersOrderAndNeverTwoAtATime()
    {
        const int Posters = 4;
        const int Inputs = 42_000;
        var boxes = Enumerable.Range(0, 3).Select(_ => new Counting(_clock, Posters)).ToArray();
        for (var i = 0; i < boxes.Length; i++) boxes[i].Next = boxes[(i + 1) % boxes.Length];
        var posters = Enumerable.Range(0, Posters).Select(poster => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < Inputs; i += 6)
                {
                    // Some inputs come in batches, as from a receive loop.
                    using (TurnScope.Enter())
                        for (var j = i; j < i + 3; j++) boxes[j % 3].Post(new(poster, j, false));
                    for (var j = i + 3; j < i + 6; j++) boxes[j % 3].Post(new(poster, j, false));
                }
            },
            TaskCreationOptions.LongRunning));
        await Task.WhenAll(posters).WaitAsync(Patience);
        // Each box gets a third of the inputs, and its neighbour's third once more.
        foreach (var box in boxes) await box.Turns(Posters * Inputs / 3 * 2).WaitAsync(Patience);
        Assert.Equal(Posters * Inputs, boxes.Sum(box => box.Own));
        Assert.All(boxes, box => Assert.Null(box.Fault));
    }

    [Fact]
    public async Task WhatATurnMakesDirtyIsFlushedAlsoWhenManyThreadsPost()
    {
        var output = new Output();
        var box = new Writing(_clock, output);
        var posters = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 20_000; i++) box.Post(1);
            },
            TaskCreationOptions.LongRunning));
        await Task.WhenAll(posters).WaitAsync(Patience);
        await output.Flushed(80_000).WaitAsync(Patience);
    }

    [Fact]
    public void OneBatchFlushesOnce()
    {
        var output = new Output();
        var box = new Writing(_clock, output);
        using (TurnScope.Enter())
        {
            for (var i = 0; i < 16; i++) box.Post(1);
            Assert.Equal(0, output.Flushes);
        }

        Assert.Equal(1, output.Flushes);
        box.Post(1);
        Assert.Equal(2, output.Flushes);
    }

    [Fact]
    public async Task CodeThatBlocksHoldsNoMailboxAndNoOutput()
    {
        var output = new Output();
        var box = new Writing(_clock, output);
        using var gate = new ManualResetEventSlim();
        var run = new Run(() =>
        {
            output.Write();
            box.Post(1);
            gate.Wait(Patience);
        });
        box.Starts = run;
        box.Post(0);
        await output.Flushed(2).WaitAsync(Patience);
        box.Post(1);
        await output.Flushed(3).WaitAsync(Patience);
        gate.Set();
        await run.Ended.WaitAsync(Patience);
    }

    [Fact]
    public async Task ATurnThatThrowsHarmsNobodyElse()
    {
        var box = new Counting(_clock, 1);
        box.Post(new(0, -1, false));
        box.Post(new(0, 1, true));
        await box.Turns(2).WaitAsync(Patience);
        Assert.IsType<InvalidDataException>(box.Fault);
    }

    [Fact]
    public async Task ALongChainOfEffectsDoesNotGrowTheStack()
    {
        var chain = new Chain(_clock, _clock);
        chain.Post(100_000);
        await chain.Ended.WaitAsync(Patience);
    }

    internal readonly record struct Input(int Poster, int Number, bool Forwarded, bool Asks = false);

    private sealed class Counting(RuntimeClock clock, int posters) : Mailbox<Input>(clock)
    {
        private readonly int[] _last = [.. Enumerable.Repeat(-1, posters)];
        private readonly ConcurrentDictionary<int, TaskCompletionSource> _waits = new();
        private int _busy;
        private int _turns;

        public Counting? Next { get; set; }

        public int Own { get; private set; }

        public Exception? Fault { get; private set; }

        /// <summary>Waits for a number of turns; asks by a turn of its own, which does not count.</summary>
        public Task Turns(int count)
        {
            var wait = _waits.GetOrAdd(count, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
            Post(new(0, 0, true, Asks: true));
            return wait.Task;
        }

        protected override void OnTurn(in Input input, Turn turn)
        {
            if (Interlocked.Exchange(ref _busy, 1) != 0) Fault = new InvalidOperationException("two turns at a time");
            if (!input.Asks) Take(input);
            foreach (var (count, wait) in _waits)
                if (_turns >= count) wait.TrySetResult();
            Volatile.Write(ref _busy, 0);
            if (input.Number < 0) throw new InvalidDataException();
        }

        protected override void OnFault(Exception exception) => Fault = exception;

        private void Take(in Input input)
        {
            _turns++;
            if (input.Forwarded || input.Number < 0) return;
            if (_last[input.Poster] >= input.Number) Fault = new InvalidOperationException("out of order");
            _last[input.Poster] = input.Number;
            Own++;
            Next!.Post(input with { Forwarded = true });
        }
    }

    private sealed class Writing(RuntimeClock clock, Output output) : Mailbox<int>(clock)
    {
        public Run? Starts { get; set; }

        protected override void OnTurn(in int input, Turn turn)
        {
            if (input == 0) TurnScope.Current.Run(Starts!);
            else output.Write();
        }

        protected override void OnFault(Exception exception) => throw exception;
    }

    private sealed class Chain(RuntimeClock clock, RuntimeClock hops) : Mailbox<int>(clock)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        protected override void OnTurn(in int input, Turn turn)
        {
            if (input == 0) _ended.SetResult();
            else new Other(hops, this).Post(input - 1);
        }

        protected override void OnFault(Exception exception) => _ended.SetException(exception);

        private sealed class Other(RuntimeClock clock, Chain back) : Mailbox<int>(clock)
        {
            protected override void OnTurn(in int input, Turn turn) => back.Post(input);

            protected override void OnFault(Exception exception) => throw exception;
        }
    }

    private sealed class Run(Action code) : UserRun
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        internal override bool Inline => false;

        internal override UserOutcome Invoke(TurnScope scope)
        {
            code();
            _ended.SetResult();
            return default;
        }

        internal override void Report(in UserOutcome outcome)
        {
        }
    }

    private sealed class Output : IFlushable
    {
        private readonly ConcurrentDictionary<int, TaskCompletionSource> _waits = new();
        private int _written;
        private int _flushed;
        private int _flushes;

        public int Flushes => Volatile.Read(ref _flushes);

        public void Write()
        {
            Interlocked.Increment(ref _written);
            if (!TurnScope.DeferFlush(this)) Flush();
        }

        public void Flush()
        {
            Interlocked.Increment(ref _flushes);
            Volatile.Write(ref _flushed, Volatile.Read(ref _written));
            foreach (var (count, flushed) in _waits)
                if (Volatile.Read(ref _flushed) >= count) flushed.TrySetResult();
        }

        public Task Flushed(int count)
        {
            var wait = _waits.GetOrAdd(count, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
            if (Volatile.Read(ref _flushed) >= count) wait.TrySetResult();
            return wait.Task;
        }
    }
}
