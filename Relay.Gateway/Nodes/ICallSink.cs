using Relay.Core.Nodes;

namespace Relay.Gateway.Nodes;

/// <summary>Where an answer goes: to a waiting request, or to a log from which requests read. Used by one at a time.</summary>
internal interface ICallSink
{
    /// <summary>There is no answer. Instead of <see cref="BeginAsync"/>.</summary>
    ValueTask RefuseAsync(CallError error);

    /// <summary>The answer begins.</summary>
    /// <param name="head">Status and headers.</param>
    /// <param name="nodeId">The node that gives it.</param>
    /// <param name="length">The body's length, when it is known.</param>
    ValueTask BeginAsync(CallHead head, string nodeId, long? length);

    /// <summary>The answer's next bytes, which leave with the next flush.</summary>
    void Write(ReadOnlyMemory<byte> bytes);

    /// <summary>Sends what was written.</summary>
    /// <returns>False when nobody takes it any more.</returns>
    ValueTask<bool> FlushAsync();

    /// <summary>The answer is complete, or has been ended with an event that says why it is not.</summary>
    ValueTask EndAsync();

    /// <summary>The answer broke off, and there is no other way to say so than to break off as well.</summary>
    void Abort();
}
