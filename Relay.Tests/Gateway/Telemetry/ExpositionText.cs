using System.Globalization;
using System.Text.RegularExpressions;

namespace Relay.Tests.Gateway.Telemetry;

internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

internal sealed record Family(string Name, string Type, string Help, IReadOnlyList<Sample> Samples, string Unit = "")
{
    /// <summary>The samples of a histogram that end so, or all of another family when nothing is said.</summary>
    public IEnumerable<Sample> With(string suffix) => Samples.Where(sample => sample.Name == Name + suffix);
}

/// <summary>A strict reader of the text exposition format 0.0.4 and of OpenMetrics 1.0, as far as counters, gauges, infos and histograms need them.</summary>
internal static partial class ExpositionText
{
    public static IReadOnlyList<Family> Parse(string text)
    {
        if (!text.EndsWith('\n')) throw new FormatException("the last line has no end");
        return Families(text[..^1].Split('\n'), open: false);
    }

    public static IReadOnlyList<Family> ParseOpenMetrics(string text)
    {
        if (!text.EndsWith("\n# EOF\n", StringComparison.Ordinal)) throw new FormatException("the end is not marked");
        return Families(text[..^"\n# EOF\n".Length].Split('\n'), open: true);
    }

    private static List<Family> Families(string[] lines, bool open)
    {
        var families = new List<Family>();
        var series = new HashSet<string>();
        for (var i = 0; i < lines.Length;)
        {
            var (name, type, unit, help) = open ? OpenHeader(lines, ref i) : Header(lines, ref i);
            if (families.Any(family => family.Name == name)) throw new FormatException($"{name} is there twice");
            var samples = new List<Sample>();
            for (; i < lines.Length && !lines[i].StartsWith('#'); i++)
            {
                var sample = Match(SampleLine(), lines[i]);
                var own = sample.Groups["name"].Value;
                if (!Names(name, type, open).Contains(own)) throw new FormatException($"{lines[i]} stands under {name}");
                if (!series.Add(own + sample.Groups["labels"].Value)) throw new FormatException($"{lines[i]} is there twice");
                samples.Add(new(own, Labels(sample), Number(sample.Groups["value"].Value)));
            }

            if (samples.Count == 0) throw new FormatException($"{name} has no samples");
            var family = new Family(name, type, help, samples, unit);
            if (type == "histogram") CheckHistogram(family, open);
            families.Add(family);
        }

        return families;
    }

    private static (string Name, string Type, string Unit, string Help) Header(string[] lines, ref int i)
    {
        // In either order.
        var (first, second) = (lines[i++], i < lines.Length ? lines[i++] : "");
        if (TypeLine().IsMatch(first)) (first, second) = (second, first);
        var (help, type) = (Match(HelpLine(), first), Match(TypeLine(), second));
        var name = help.Groups["name"].Value;
        return type.Groups["name"].Value == name ? (name, type.Groups["type"].Value, "", Unescape(help.Groups["help"].Value)) : throw new FormatException($"TYPE of another name beside HELP of {name}");
    }

    private static (string Name, string Type, string Unit, string Help) OpenHeader(string[] lines, ref int i)
    {
        var type = Match(TypeLine(), lines[i++]);
        var (name, unit) = (type.Groups["name"].Value, "");
        if (i < lines.Length && UnitLine().Match(lines[i]) is { Success: true } line)
        {
            i++;
            unit = line.Groups["unit"].Value;
            if (line.Groups["name"].Value != name || !name.EndsWith('_' + unit, StringComparison.Ordinal)) throw new FormatException($"{name} has the unit {unit}");
        }

        var help = Match(OpenHelpLine(), i < lines.Length ? lines[i++] : "");
        if (help.Groups["name"].Value != name) throw new FormatException($"HELP of another name after TYPE of {name}");
        if (name.EndsWith("_total", StringComparison.Ordinal) || name.EndsWith("_info", StringComparison.Ordinal) && type.Groups["type"].Value == "info") throw new FormatException($"{name} has the ending of its samples");
        return (name, type.Groups["type"].Value, unit, Unescape(help.Groups["help"].Value));
    }

    private static string[] Names(string name, string type, bool open) => type switch
    {
        "histogram" when open => [name + "_bucket", name + "_sum", name + "_count", name + "_created"],
        "histogram" => [name + "_bucket", name + "_sum", name + "_count"],
        "counter" when open => [name + "_total", name + "_created"],
        "info" => [name + "_info"],
        _ => [name],
    };

    // For each set of labels: bounds that grow up to +Inf, counts that do not shrink, and the last one is the count.
    private static void CheckHistogram(Family family, bool open)
    {
        foreach (var one in family.With("_bucket").GroupBy(static sample => string.Join(',', sample.Labels.Where(static label => label.Key != "le").Select(static label => label.ToString()))))
        {
            var buckets = one.Select(static sample => (Bound: Number(sample.Labels["le"]), sample.Value)).ToList();
            if (!double.IsPositiveInfinity(buckets[^1].Bound)) throw new FormatException($"{family.Name} has no bucket for everything");
            if (buckets.Zip(buckets.Skip(1)).Any(static pair => pair.First.Bound >= pair.Second.Bound || pair.First.Value > pair.Second.Value)) throw new FormatException($"{family.Name} has buckets out of order");
            if (open && one.Any(static sample => !sample.Labels["le"].AsSpan().ContainsAny('.', 'e', 'I'))) throw new FormatException($"{family.Name} has bounds that are not written as OpenMetrics wants them");
            var labels = one.First().Labels.Where(static label => label.Key != "le").ToHashSet();
            if (family.With("_count").Single(sample => labels.SetEquals(sample.Labels)).Value != buckets[^1].Value) throw new FormatException($"{family.Name} has another count than its buckets");
            family.With("_sum").Single(sample => labels.SetEquals(sample.Labels));
        }
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

    [GeneratedRegex("""^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<help>(?:[^\\"]|\\\\|\\n|\\")*)$""")]
    private static partial Regex OpenHelpLine();

    [GeneratedRegex("^# UNIT (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<unit>[a-z]+)$")]
    private static partial Regex UnitLine();

    [GeneratedRegex("^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram|info)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?<labels>\{(?:(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<content>(?:[^"\\]|\\\\|\\n|\\")*)"(?:,(?!\})|(?=\})))*\})? (?<value>\S+)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("""\\[\\n"]""")]
    private static partial Regex EscapedCharacter();
}
