using System.Globalization;
using System.Text.RegularExpressions;

namespace Relay.Tests.Gateway.Telemetry;

internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

internal sealed record Family(string Name, string Type, string Help, IReadOnlyList<Sample> Samples);

/// <summary>A strict reader of the text exposition format 0.0.4, as far as counters and gauges need it.</summary>
internal static partial class ExpositionText
{
    public static IReadOnlyList<Family> Parse(string text)
    {
        if (!text.EndsWith('\n')) throw new FormatException("the last line has no end");
        var families = new List<Family>();
        var series = new HashSet<string>();
        var lines = text[..^1].Split('\n');
        for (var i = 0; i < lines.Length;)
        {
            var help = Match(HelpLine(), lines[i++]);
            var type = Match(TypeLine(), i < lines.Length ? lines[i++] : "");
            var name = help.Groups["name"].Value;
            if (type.Groups["name"].Value != name) throw new FormatException($"TYPE of another name after HELP of {name}");
            if (families.Any(family => family.Name == name)) throw new FormatException($"{name} is there twice");
            var samples = new List<Sample>();
            for (; i < lines.Length && !lines[i].StartsWith('#'); i++)
            {
                var sample = Match(SampleLine(), lines[i]);
                if (sample.Groups["name"].Value != name) throw new FormatException($"{lines[i]} stands under {name}");
                if (!series.Add(name + sample.Groups["labels"].Value)) throw new FormatException($"{lines[i]} is there twice");
                samples.Add(new(name, Labels(sample), Number(sample.Groups["value"].Value)));
            }

            families.Add(new(name, type.Groups["type"].Value, Unescape(help.Groups["help"].Value), samples));
        }

        return families;
    }

    private static Dictionary<string, string> Labels(Match sample)
    {
        var labels = new Dictionary<string, string>();
        for (var i = 0; i < sample.Groups["label"].Captures.Count; i++)
            labels.Add(sample.Groups["label"].Captures[i].Value, Unescape(sample.Groups["content"].Captures[i].Value));
        return labels;
    }

    private static double Number(string value) => value switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private static string Unescape(string text) =>
        EscapedCharacter().Replace(text, match => match.Value == "\\n" ? "\n" : match.Value[1..]);

    private static Match Match(Regex form, string line) =>
        form.Match(line) is { Success: true } match ? match : throw new FormatException($"not of the format: {line}");

    [GeneratedRegex("""^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<help>(?:[^\\]|\\\\|\\n)*)$""")]
    private static partial Regex HelpLine();

    [GeneratedRegex("^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{(?:(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<content>(?:[^"\\]|\\\\|\\n|\\")*)"(?:,(?!\})|(?=\})))+\})? (?<value>\S+)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("""\\[\\n"]""")]
    private static partial Regex EscapedCharacter();
}
