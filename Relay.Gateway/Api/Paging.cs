using System.Globalization;
using Relay.Core;

namespace Relay.Gateway.Api;

/// <summary><c>?after=</c> and <c>?limit=</c>, by which every list is read in parts.</summary>
internal static class Paging
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1000;

    /// <summary>Reads which part is asked for.</summary>
    /// <returns>What is wrong with the query, or null.</returns>
    public static ApiFault? Read(IQueryCollection query, out Page page)
    {
        page = default;
        var (afters, limits, limit) = (query["after"], query["limit"], DefaultLimit);
        if (afters.Count > 1 || (afters.Count == 1 && !Ids.IsValid(afters[0]))) return ApiFaults.InvalidAfter;
        if (limits.Count > 1 || (limits.Count == 1 && !TryReadLimit(limits[0], out limit))) return ApiFaults.InvalidLimit;
        page = new(afters.Count == 1 ? afters[0] : null, limit);
        return null;
    }

    private static bool TryReadLimit(string? text, out int limit) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit;
}
