namespace Relay.Gateway.Hosting;

/// <summary>Collects every fault up to a bound and counts the rest, so that a broken file cannot print without end.</summary>
internal sealed class FaultList
{
    public const int Limit = 100;

    private readonly List<SettingFault> _faults = [];
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private int _left;

    public bool Any => _faults.Count > 0;

    /// <summary>No more fit: what would be expensive to say can be left out.</summary>
    public bool Full => _faults.Count >= Limit;

    public void Add(string origin, string key, string message)
    {
        _keys.Add(key);
        if (Full)
            _left++;
        else
            _faults.Add(new SettingFault(origin, key, message));
    }

    public void Add(RawSetting raw, string message) => Add(raw.Origin, Readable.Name(raw.Key), message);

    public bool Concerns(string key) => _keys.Contains(key);

    public IReadOnlyList<SettingFault> ToList() =>
        _left == 0 ? [.. _faults] : [.. _faults, new SettingFault("", "", $"and {_left} more")];
}
