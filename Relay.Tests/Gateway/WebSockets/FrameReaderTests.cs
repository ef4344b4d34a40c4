using System.Buffers;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets;

public class FrameReaderTests
{
    public static TheoryData<string> Cases => [.. Rfc6455Cases.All.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void ReadsEachCaseAsTheRfcSays(string name)
    {
        var (bytes, expected) = Rfc6455Cases.All[name];
        Assert.Equal(expected, Wire.Read(bytes));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EverySplitGivesTheSameOutcome(string name)
    {
        var (bytes, expected) = Rfc6455Cases.All[name];

        // Long cases repeat themselves in the middle: their ends and a prime's steps are cut.
        var step = bytes.Length > 1000 ? 4099 : 1;
        for (var cut = 0; cut <= bytes.Length; cut += cut is < 300 || bytes.Length - cut < 300 ? 1 : step)
            Assert.Equal(expected, Wire.Read(new FrameReader(65536), [bytes[..cut], bytes[cut..]]));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ByteByByteGivesTheSameOutcome(string name)
    {
        var (bytes, expected) = Rfc6455Cases.All[name];
        Assert.Equal(expected, Wire.Read(new FrameReader(65536), bytes.Select(b => new[] { b })));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void SegmentsOfOneByteGiveTheSameOutcome(string name)
    {
        var (bytes, expected) = Rfc6455Cases.All[name];
        var reader = new FrameReader(65536);
        var input = Wire.Sequence([.. bytes.Select(b => new[] { b })]);
        var outcome = new List<string>();
        while (reader.TryRead(ref input, out var frame) != ReadStatus.NeedMore) outcome.Add(Wire.Describe(frame));
        Assert.Equal(expected, outcome);
    }

    [Fact]
    public void EveryCloseCodeIsTakenOrRefused()
    {
        for (var code = 0; code <= ushort.MaxValue; code++)
        {
            var allowed = code is >= 1000 and <= 1014 and not (1004 or 1005 or 1006) or >= 3000 and <= 4999;
            Assert.Equal(allowed ? $"close {code}" : "violation 1002", Assert.Single(Wire.Read(Wire.Close(code))));
        }
    }

    [Fact]
    public void EveryStartOfAHeaderIsTakenOrRefused()
    {
        for (var first = 0; first < 256; first++)
        {
            for (var second = 0; second < 256; second++)
            {
                var opcode = first & 15;
                var isControl = opcode is >= 8 and <= 10;
                // Two bytes alone: whether a continuation may stand here is asked when its header is whole.
                var allowed = (first & 0x70) == 0 && (opcode <= 2 || isControl) && second >= 128
                    && (!isControl || (first >= 128 && (second & 127) <= 125 && (opcode, second & 127) != (8, 1)));
                var outcome = Wire.Read([(byte)first, (byte)second]);
                Assert.Equal(allowed ? [] : ["violation 1002"], outcome);
            }
        }
    }

    [Fact]
    public void AServersFramesAreReadUnmaskedAndRefusedMasked()
    {
        var unmasked = Wire.Frame(Opcode.Text, "hello"u8.ToArray(), mask: false);
        Assert.Equal(["text 68656C6C6F"], Wire.Read(new FrameReader(100, expectMasked: false), [unmasked]));
        Assert.Equal(["violation 1002"], Wire.Read(new FrameReader(100, expectMasked: false), [Wire.Text("hello")]));
    }

    [Fact]
    public void WhatComesAfterTheEndIsThrownAway()
    {
        var reader = new FrameReader(100);
        var input = new ReadOnlySequence<byte>(Wire.Join(Wire.Close(1000), Wire.Text("late")));
        Assert.Equal(ReadStatus.Close, reader.TryRead(ref input, out _));
        Assert.True(reader.IsFinished);
        Assert.Equal(ReadStatus.NeedMore, reader.TryRead(ref input, out _));
        Assert.True(input.IsEmpty);
    }

    [Fact]
    public void AnAnnouncedLengthCostsNothingUntilItsBytesCome()
    {
        var reader = new FrameReader(1 << 30);
        var announced = Wire.Sequence([[0x82, 0xFF, 0, 0, 0, 0, 0x20, 0, 0, 0, 1, 2, 3, 4, 99]]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var status = reader.TryRead(ref announced, out _);
        var cost = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(ReadStatus.NeedMore, status);
        Assert.InRange(cost, 0, 4096);
    }

    [Fact]
    public void AWholeMessageCostsItsOwnArrayOnly()
    {
        var reader = new FrameReader(65536);
        var bytes = Wire.Text(new string('x', 1000));
        long cost = 0;
        for (var round = 0; round < 2; round++)
        {
            var input = new ReadOnlySequence<byte>(bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            reader.TryRead(ref input, out _);
            cost = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.InRange(cost, 1000, 1032);
    }
}
