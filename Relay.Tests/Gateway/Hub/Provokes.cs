using Relay.Core.Errors;

namespace Relay.Tests.Gateway.Hub;

/// <summary>The test brings about an error or a close from outside and checks what the client is told.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class ProvokesAttribute : Attribute
{
    public ProvokesAttribute(ErrorCode error) => Error = error;

    public ProvokesAttribute(CloseReason close) => Close = close;

    public ErrorCode? Error { get; }

    public CloseReason? Close { get; }
}
