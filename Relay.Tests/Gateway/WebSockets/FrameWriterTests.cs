using System.Text;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets;

public class FrameWriterTests
{
    [Theory]
    [InlineData(0, "8200")]
    [InlineData(125, "827D")]
    [InlineData(126, "827E007E")]
    [InlineData(65535, "827EFFFF")]
    [InlineData(65536, "827F0000000000010000")]
    [InlineData(0x1_0000_0000, "827F0000000100000000")]
    public void AHeaderHasTheShortestForm(long length, string expected)
    {
        var bytes = new byte[FrameWriter.MaxHeaderBytes];
        var size = FrameWriter.WriteHeader(bytes, Opcode.Binary, length);
        Assert.Equal(expected, Convert.ToHexString(bytes.AsSpan(0, size)));
        Assert.Equal(FrameWriter.HeaderSize(length), size);
    }

    [Fact]
    public void TheRfcsMaskedHelloComesOut()
    {
        var bytes = new byte[11];
        Assert.Equal(11, FrameWriter.WriteMasked(bytes, Opcode.Text, "Hello"u8, Masking.ReadKey([0x37, 0xFA, 0x21, 0x3D])));
        Assert.Equal("818537FA213D7F9F4D5158", Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65535)]
    [InlineData(65536)]
    public void WhatIsWrittenMaskedIsReadAgain(int length)
    {
        var payload = new byte[length];
        new Random(length).NextBytes(payload);
        var bytes = new byte[length + FrameHeader.MaxBytes];
        var size = FrameWriter.WriteMasked(bytes, Opcode.Binary, payload, 0x12345678);
        Assert.Equal(["binary " + Convert.ToHexString(payload)], Wire.Read(bytes[..size]));
    }

    [Fact]
    public void AFragmentHasNoFin()
    {
        var bytes = new byte[2];
        FrameWriter.WriteHeader(bytes, Opcode.Text, 0, fin: false);
        Assert.Equal(0x01, bytes[0]);
    }

    [Theory]
    [InlineData(123, "z", 125)]
    [InlineData(121, "é", 125)]
    [InlineData(122, "é", 124)]
    [InlineData(120, "€", 125)]
    [InlineData(121, "€", 123)]
    [InlineData(119, "😀", 125)]
    [InlineData(120, "😀", 122)]
    public void ALongReasonIsCutBetweenCharacters(int ascii, string last, int expectedSize)
    {
        var payload = new byte[125];
        var reason = new string('x', ascii) + last + "z";
        var size = FrameWriter.WriteClosePayload(payload, 4408, reason);
        Assert.Equal(expectedSize, size);
        Assert.Equal(4408, (payload[0] << 8) | payload[1]);
        Assert.StartsWith(Encoding.UTF8.GetString(payload.AsSpan(2, size - 2)), reason, StringComparison.Ordinal);
    }

    [Fact]
    public void NoStatusIsAnEmptyPayloadAndForbiddenCodesAreRefused()
    {
        var payload = new byte[125];
        Assert.Equal(0, FrameWriter.WriteClosePayload(payload, CloseCodes.NoStatus, "ignored"));
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameWriter.WriteClosePayload(payload, CloseCodes.Abnormal));
    }
}
