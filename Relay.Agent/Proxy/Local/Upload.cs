using System.Net.Sockets;
using Relay.Agent.Proxy.Carriers;
using Relay.Agent.Proxy.Parsing;

namespace Relay.Agent.Proxy.Local;

/// <summary>Carries what a local client sends into its tunnel, and sees the connection to its end.</summary>
internal sealed class Upload(Socket socket, ITunnel tunnel, LocalOutput output, RequestBody? body)
{
    // After a read of less than this a client is taken to pause: no memory is held while it does.
    private const int Busy = 16 * 1024;

    /// <summary>Runs until both directions have ended, or the tunnel or the connection is broken off.</summary>
    /// <param name="head">Goes first, and is no part of the body.</param>
    /// <param name="early">What the client had sent behind its request.</param>
    public async Task RunAsync(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> early)
    {
        try
        {
            if (await SendCopyAsync(head) && await SendCopyAsync(early[..Allowed(early.Span)])) await CarryAsync();
            await output.Done;
            if (output.IsBroken) tunnel.Break();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The client's end was broken off, or the tunnel: either way the other is too.
            tunnel.Break();
            output.Break();
        }
    }

    private async Task CarryAsync()
    {
        var isBusy = false;
        while (true)
        {
            var credit = await tunnel.WaitForCreditAsync();
            if (credit == 0) return;
            if (!isBusy) await socket.ReceiveAsync(Memory<byte>.Empty);
            var buffer = SendBuffer.Rent();
            int count;
            try
            {
                count = await socket.ReceiveAsync(buffer.Room(credit));
                isBusy = count >= Busy;
                var allowed = Allowed(buffer.Bytes.AsSpan(SendBuffer.HeaderRoom, count));
                if (allowed > 0) await tunnel.SendAsync(buffer, allowed);
            }
            finally
            {
                buffer.Return();
            }

            if (count > 0) continue;
            tunnel.End();
            return;
        }
    }

    /// <summary>How many of the bytes go into the tunnel: what comes behind a request's body is dropped, since the connection ends with the response.</summary>
    private int Allowed(ReadOnlySpan<byte> bytes)
    {
        if (body is null) return bytes.Length;
        var taken = body.Take(bytes);
        return body.IsBroken ? throw new IOException("The request's body is malformed.") : taken;
    }

    private async Task<bool> SendCopyAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var credit = await tunnel.WaitForCreditAsync();
            if (credit == 0) return false;
            var buffer = SendBuffer.Rent();
            try
            {
                var count = Math.Min(bytes.Length, Math.Min(credit, SendBuffer.Capacity));
                bytes[..count].CopyTo(buffer.Room(count));
                await tunnel.SendAsync(buffer, count);
                bytes = bytes[count..];
            }
            finally
            {
                buffer.Return();
            }
        }

        return true;
    }
}
