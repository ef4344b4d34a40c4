namespace Relay.Core.Errors;

/// <summary>Counts the error frames that a process makes, by code. One for the process, as the rules that make them know of none.</summary>
public static class ErrorTally
{
    private static readonly long[] Counts = new long[Enum.GetValues<ErrorCode>().Max(static code => (int)code) + 1];

    /// <summary>How many there were.</summary>
    /// <param name="code">Of which code.</param>
    /// <returns>The count.</returns>
    public static long Of(ErrorCode code) => Volatile.Read(ref Counts[(int)code]);

    internal static void Count(ErrorCode code) => Interlocked.Increment(ref Counts[(int)code]);
}
