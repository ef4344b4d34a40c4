using System.Text.Json.Serialization;

namespace Relay.Core.Protocol;

[JsonSerializable(typeof(string))]
internal sealed partial class FrameJson : JsonSerializerContext;
