using System.Globalization;

namespace Relay.Benchmarks;

/// <summary>The words behind a measurement's name.</summary>
internal static class Arguments
{
    /// <summary>A number, or another one where there are not so many words.</summary>
    public static int Number(string[] args, int at, int otherwise) => args.Length > at ? int.Parse(args[at], CultureInfo.InvariantCulture) : otherwise;
}
