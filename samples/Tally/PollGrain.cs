namespace Tally;

[Alias("tally.IPollGrain")]
public interface IPollGrain : IGrainWithStringKey
{
    [Alias("Vote")]
    Task<PollResult> Vote(string user, string option);

    [Alias("Result")]
    Task<PollResult> Result();
}

[GenerateSerializer, Immutable, Alias("tally.PollResult")]
public sealed record PollResult([property: Id(0)] Dictionary<string, int> Votes);

/// <summary>A poll of all users of a tenant. What it knows is in memory: it is lost with its silo.</summary>
public sealed class PollGrain : Grain, IPollGrain
{
    private readonly Dictionary<string, string> _choices = [];

    public Task<PollResult> Vote(string user, string option)
    {
        _choices[user] = option;
        return Result();
    }

    public Task<PollResult> Result() => Task.FromResult(new PollResult(_choices.Values.CountBy(option => option).ToDictionary()));
}
