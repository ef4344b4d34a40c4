using System.Text;

namespace Relay.Core.Hubs;

/// <summary>Finds the longest prefix of a message's type, without allocating.</summary>
/// <remarks>
/// The prefixes are sorted. Let <c>p</c> be the last one that is not after the type. Whatever lies between a prefix of the
/// type and the type begins with that prefix, so the longest match is <c>p</c> or one of the prefixes that <c>p</c> begins
/// with: a binary search and a short walk.
/// </remarks>
public sealed class PrefixTable
{
    private readonly byte[][] _sorted;
    private readonly int[] _indexes;
    private readonly int[] _parents;

    /// <summary>Makes the table.</summary>
    /// <param name="prefixes">The prefixes, each once; none is empty.</param>
    public PrefixTable(IReadOnlyList<string> prefixes)
    {
        _sorted = [.. prefixes.Select(Encoding.UTF8.GetBytes)];
        _indexes = [.. Enumerable.Range(0, prefixes.Count)];
        Array.Sort(_sorted, _indexes, Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right)));
        _parents = new int[_sorted.Length];
        for (var i = 0; i < _sorted.Length; i++)
        {
            var parent = i - 1;
            while (parent >= 0 && !_sorted[i].AsSpan().StartsWith(_sorted[parent])) parent = _parents[parent];
            if (_sorted[i].Length == 0 || (parent >= 0 && _sorted[parent].Length == _sorted[i].Length)) throw new ArgumentException("A prefix is empty or there twice.", nameof(prefixes));
            _parents[i] = parent;
        }
    }

    /// <summary>Finds the longest prefix of a type.</summary>
    /// <param name="type">The type in UTF-8.</param>
    /// <returns>The prefix's index in the list that the table was made of, or -1.</returns>
    public int Find(ReadOnlySpan<byte> type)
    {
        int low = 0, high = _sorted.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (type.SequenceCompareTo(_sorted[middle]) < 0) high = middle;
            else low = middle + 1;
        }

        for (var candidate = low - 1; candidate >= 0; candidate = _parents[candidate])
        {
            if (type.StartsWith(_sorted[candidate])) return _indexes[candidate];
        }

        return -1;
    }
}
