using System.Net;

namespace Relay.Agent.Connecting;

/// <summary>There is no connection to the relay; the message says why, in words for a person.</summary>
internal sealed class DialException(string message, HttpStatusCode status, Exception? cause) : Exception(message, cause)
{
    /// <summary>
    /// Whether the relay answered, and in a way that another try would not change. Something that has been connected before tries on all the
    /// same: while a relay is replaced, whatever stands in front of it may say anything.
    /// </summary>
    public bool IsRefusal { get; } = status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound
        or HttpStatusCode.MethodNotAllowed or HttpStatusCode.UpgradeRequired or HttpStatusCode.OK;
}
