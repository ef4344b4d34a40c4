using System.Text.Json;
using System.Text.Json.Serialization;
using Relay.Core.Nodes;

namespace Relay.Gateway.Nodes;

/// <summary>What a gateway asks the home of a stream for.</summary>
/// <param name="Stops">Whether the stream is to be stopped; otherwise it is read.</param>
/// <param name="Offset">Where it is read from.</param>
/// <param name="UserId">Who asks, if anyone.</param>
internal sealed record StreamRequest(bool Stops, long Offset, string? UserId)
{
    private const string Path = "/v1/streams";

    public CallRequest ToCall() => new(Stops ? HttpMethods.Delete : HttpMethods.Get, Path, [], JsonSerializer.SerializeToUtf8Bytes(this, StreamRequestJson.Default.StreamRequest));

    public static StreamRequest Of(CallRequest call) => JsonSerializer.Deserialize(call.Body, StreamRequestJson.Default.StreamRequest)!;

    /// <summary>A home's refusal, as it goes to the gateway that asked.</summary>
    public static string Show(CallError error) => JsonSerializer.Serialize(error, StreamRequestJson.Default.CallError);

    /// <summary>What a home has refused with; null when it could not say.</summary>
    public static CallError? Refusal(string shown) => JsonSerializer.Deserialize(shown, StreamRequestJson.Default.CallError) is { Status: > 0 } error ? error : null;
}

[JsonSerializable(typeof(StreamRequest))]
[JsonSerializable(typeof(CallError))]
internal sealed partial class StreamRequestJson : JsonSerializerContext;
