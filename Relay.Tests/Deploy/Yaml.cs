using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Relay.Tests.Deploy;

/// <summary>A place in a YAML document. What is not there is empty, so that a path can be asked for without looking at each step.</summary>
internal readonly struct Yaml(object? value)
{
    public bool Exists => value is not null;

    public string Text => value as string ?? "";

    public IEnumerable<Yaml> Items => value is List<object> list ? list.Select(static each => new Yaml(each)) : [];

    public IEnumerable<KeyValuePair<string, Yaml>> Members =>
        value is Dictionary<object, object?> map ? map.Select(static each => KeyValuePair.Create((string)each.Key, new Yaml(each.Value))) : [];

    public Yaml this[string key] => value is Dictionary<object, object?> map && map.TryGetValue(key, out var found) ? new(found) : default;

    public Yaml At(string path) => path.Split('.').Aggregate(this, static (node, key) => node[key]);

    /// <summary>All documents of a text.</summary>
    public static IReadOnlyList<Yaml> Read(string text)
    {
        var parser = new MergingParser(new Parser(new StringReader(text)));
        var deserializer = new DeserializerBuilder().Build();
        var documents = new List<Yaml>();
        parser.Consume<YamlDotNet.Core.Events.StreamStart>();
        while (parser.Accept<YamlDotNet.Core.Events.DocumentStart>(out _)) documents.Add(new(deserializer.Deserialize<object>(parser)));
        return documents;
    }

    public override string ToString() => Text;
}
