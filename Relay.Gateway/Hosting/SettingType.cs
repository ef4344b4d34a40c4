using System.Globalization;

namespace Relay.Gateway.Hosting;

internal delegate bool TryRead<T>(string text, out T value);

/// <summary>How a value is written. <see cref="Form"/> completes the sentence "must be …" and so names the bounds.</summary>
internal sealed record SettingType<T>(string Form, TryRead<T> TryRead, Func<T, string> Show)
{
    /// <summary>More to say about a value that is refused, or null.</summary>
    public Func<string, string?> Hint { get; init; } = _ => null;
}

internal static class SettingTypes
{
    public static SettingType<bool> Bool { get; } = new(
        "true or false", bool.TryParse, value => value ? "true" : "false");

    public static SettingType<int> Int(int min, int max) => Whole("a whole number", min, max);

    public static SettingType<int> Bytes(int min, int max) => Whole("a whole number of bytes", min, max);

    public static SettingType<string> Text { get; } = Checked("text", _ => true);

    public static SettingType<string> Checked(string form, Func<string, bool> valid) => new(
        form,
        (string text, out string value) =>
        {
            value = text;
            return valid(text);
        },
        value => value);

    /// <summary>One of some words. <paramref name="words"/> in the order in which they are shown.</summary>
    public static SettingType<T> OneOf<T>(params (string Word, T Value)[] words) => new(
        string.Join(", ", words.SkipLast(1).Select(each => each.Word)) + (words.Length > 1 ? " or " : "") + words[^1].Word,
        (string text, out T value) =>
        {
            var found = Array.FindIndex(words, each => each.Word == text);
            value = words[Math.Max(found, 0)].Value;
            return found >= 0;
        },
        value => words.First(each => Equals(each.Value, value)).Word);

    public static SettingType<TimeSpan> Duration(TimeSpan min, TimeSpan max) => new(
        $"a duration from {Readable.Duration(min)} to {Readable.Duration(max)}",
        (string text, out TimeSpan value) => TryReadDuration(text, out value) && value >= min && value <= max,
        Readable.Duration)
    {
        Hint = text => TryReadDuration(text, out _) ? null : "a duration is a whole number with ms, s, m or h, such as 10s",
    };

    public static SettingType<TimeSpan?> OptionalDuration(TimeSpan min, TimeSpan max)
    {
        var type = Duration(min, max);
        return new(
            type.Form + ", or empty",
            (string text, out TimeSpan? value) =>
            {
                value = null;
                if (text.Length == 0)
                    return true;
                var fits = type.TryRead(text, out var given);
                value = given;
                return fits;
            },
            value => value is { } given ? Readable.Duration(given) : "")
        {
            Hint = type.Hint,
        };
    }

    public static SettingType<long> Long(long min, long max) => new(
        $"a whole number of bytes from {min} to {max}",
        (string text, out long value) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
        value => value.ToString(CultureInfo.InvariantCulture));

    private static SettingType<int> Whole(string what, int min, int max) => new(
        $"{what} from {min} to {max}",
        (string text, out int value) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
        value => value.ToString(CultureInfo.InvariantCulture));

    private static bool TryReadDuration(string text, out TimeSpan value)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        value = default;
        if (digits <= 0 || !long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        long unit = text.AsSpan(digits) switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            _ => 0,
        };
        if (unit == 0 || count > long.MaxValue / unit)
            return false;
        value = TimeSpan.FromTicks(count * unit);
        return true;
    }
}
