using System.Text;
using Relay.Core.Protocol;

namespace Relay.Tests.Support;

/// <summary>Clients' messages.</summary>
internal static class Messages
{
    /// <summary>Reads a message that a test knows to be good.</summary>
    public static ClientEnvelope Read(string json) =>
        ClientEnvelope.TryRead(Encoding.UTF8.GetBytes(json), out var envelope, out var fault) ? envelope : throw new ArgumentException(fault.Message, nameof(json));

    /// <summary>A message with a type, and a request's id and data if wanted.</summary>
    public static ClientEnvelope Of(string type, string? requestId = null, string? data = null) =>
        Read($"{{\"type\":\"{type}\"{(requestId is null ? "" : $",\"request_id\":\"{requestId}\"")}{(data is null ? "" : $",\"data\":{data}")}}}");
}
