namespace Relay.Grains.Wire;

/// <summary>See <see cref="Core.Answers.AnswerBegin"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.AnswerReply")]
internal sealed record AnswerReply([property: Id(0)] int Phase, [property: Id(1)] long Number, [property: Id(2)] int Status, [property: Id(3)] byte[] Body);
