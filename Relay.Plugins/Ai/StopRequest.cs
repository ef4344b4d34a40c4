using System.Diagnostics.CodeAnalysis;

namespace Relay.Plugins.Ai;

/// <summary>The <c>data</c> of <c>ai_stop</c>.</summary>
/// <param name="RequestId">The chat's.</param>
internal sealed record StopRequest(string RequestId)
{
    /// <returns>False with a fault that names the path.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> data, [NotNullWhen(true)] out StopRequest? request, [NotNullWhen(false)] out string? fault)
    {
        request = DataReader.Read(data, static (element, reader) => reader.Text(element, "request_id", "data") is { } id ? new StopRequest(id) : null, out fault);
        return request is not null;
    }
}
