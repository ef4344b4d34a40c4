using System.Net.WebSockets;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets.Fuzzing;

/// <summary>The framework's WebSocket as a server on the same bytes. Its pongs tell the pings it saw, its close frame the code it chose.</summary>
internal static class FrameworkOracle
{
    public static async Task<Outcome> ReadAsync(byte[] bytes)
    {
        var outcome = new Outcome([], [], Ending.Cut, 0, "");
        var stream = new ScriptedStream(bytes);
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.Zero });
        var buffer = new byte[8192];
        var message = new List<byte>();
        var ended = Ending.Cut;
        try
        {
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer, CancellationToken.None);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    outcome = outcome with { Ending = Ending.Closed, Code = (int)socket.CloseStatus!, Reason = socket.CloseStatusDescription ?? "" };
                    break;
                }

                message.AddRange(buffer.AsSpan(0, result.Count));
                if (!result.EndOfMessage) continue;
                outcome.Messages.Add((result.MessageType == WebSocketMessageType.Text ? "text " : "binary ") + Convert.ToHexString(message.ToArray()));
                message.Clear();
            }
        }
        catch (WebSocketException e)
        {
            ended = e.WebSocketErrorCode == WebSocketError.ConnectionClosedPrematurely ? Ending.Cut : Ending.Violated;
        }

        // What the server wrote: pongs, and a close frame after a violation.
        var written = new System.Buffers.ReadOnlySequence<byte>(stream.Written.ToArray());
        var reader = new FrameReader(int.MaxValue, expectMasked: false);
        var code = 0;
        while (reader.TryRead(ref written, out var frame) is not ReadStatus.NeedMore and var status)
        {
            if (status == ReadStatus.Pong) outcome.Pings.Add(Convert.ToHexString(frame.Payload));
            if (status == ReadStatus.Close) code = frame.CloseCode;
        }

        return outcome.Ending == Ending.Closed ? outcome : outcome with { Ending = ended, Code = code };
    }
}
