using Relay.Core.Limits;

namespace Relay.Grains.Wire;

/// <summary>See <see cref="SubjectLimits"/> and <see cref="LimitUse"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.LimitsWire")]
internal sealed record LimitsWire([property: Id(0)] long Connections, [property: Id(1)] long Connects, [property: Id(2)] long Messages, [property: Id(3)] long Bytes)
{
    public static LimitsWire Of(SubjectLimits limits) => new(limits.Connections, limits.ConnectsPerSecond, limits.MessagesPerSecond, limits.BytesPerSecond);

    public static LimitsWire Of(LimitUse use) => new(use.Connections, use.ConnectsPerSecond, use.MessagesPerSecond, use.BytesPerSecond);

    public SubjectLimits ToLimits() => new((int)Connections, (int)Connects, (int)Messages, Bytes);
}
