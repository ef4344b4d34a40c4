using System.Globalization;
using System.Text;

namespace Relay.Gateway.Hosting;

/// <summary>Puts what an operator wrote into a one-line message: short, and without control characters.</summary>
internal static class Readable
{
    private const int LongestValue = 60;
    private const int LongestName = 120;

    public static string Quote(string text) => $"\"{Clean(text, LongestValue)}\"";

    public static string Name(string text) => Clean(text, LongestName);

    public static string Duration(TimeSpan value) => value switch
    {
        _ when value == TimeSpan.Zero => "0s",
        _ when value.Ticks % TimeSpan.TicksPerHour == 0 => Write(value.Ticks / TimeSpan.TicksPerHour, "h"),
        _ when value.Ticks % TimeSpan.TicksPerMinute == 0 => Write(value.Ticks / TimeSpan.TicksPerMinute, "m"),
        _ when value.Ticks % TimeSpan.TicksPerSecond == 0 => Write(value.Ticks / TimeSpan.TicksPerSecond, "s"),
        _ => Write(value.Ticks / TimeSpan.TicksPerMillisecond, "ms"),
    };

    private static string Write(long count, string unit) => count.ToString(CultureInfo.InvariantCulture) + unit;

    private static string Clean(string text, int limit)
    {
        var clean = new StringBuilder(Math.Min(text.Length, limit));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= limit)
                return clean.Append('…').ToString();
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar)
                clean.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                clean.Append(rune.ToString());
        }

        return clean.ToString();
    }
}
