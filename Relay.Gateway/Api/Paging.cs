using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Relay.Core;

namespace Relay.Gateway.Api;

/// <summary><c>?after=</c> and <c>?limit=</c>, by which every list is read in parts.</summary>
internal static class Paging
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1000;

    public static bool TryRead(IQueryCollection query, out string? after, out int limit, [NotNullWhen(false)] out ApiError? error)
    {
        (after, limit, error) = (null, DefaultLimit, null);
        var (afters, limits) = (query["after"], query["limit"]);
        if (afters.Count > 1 || (afters.Count == 1 && !Ids.IsValid(afters[0])))
            error = new("invalid_after", $"after is one id of 1 to {Ids.MaxBytes} bytes.");
        else if (limits.Count > 1 || (limits.Count == 1 && !TryReadLimit(limits[0], out limit)))
            error = new("invalid_limit", $"limit is a whole number from 1 to {MaxLimit}.");
        else
            after = afters.Count == 1 ? afters[0] : null;
        return error is null;
    }

    private static bool TryReadLimit(string? text, out int limit) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit;
}
