using System.Collections.Immutable;
using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Relay.Gateway.Hosting;

/// <summary>
/// Takes a YAML text apart into values and where they stand. Reads events, not objects: that keeps line numbers and
/// duplicate keys, refuses aliases where they stand (so nothing can expand), and stops at the first level too deep.
/// </summary>
internal sealed class YamlReader
{
    private const int MaxDepth = 16;

    private readonly string _file;
    private readonly FaultList _faults;
    private readonly GuardedParser _parser;
    private readonly List<RawSetting> _found = [];
    private readonly List<string> _path = [];

    private YamlReader(string file, string text, FaultList faults)
    {
        _file = file;
        _faults = faults;
        _parser = new GuardedParser(new Parser(new StringReader(text)));
    }

    public static IReadOnlyList<RawSetting> Read(string file, string text, FaultList faults)
    {
        // The scanner takes NUL for the end of the text and would leave the rest unread.
        if (text.IndexOf('\0') is >= 0 and var nul)
        {
            faults.Add($"{file}:{text.AsSpan(0, nul).Count('\n') + 1}", "", "holds a NUL character");
            return [];
        }

        var reader = new YamlReader(file, text, faults);
        try
        {
            reader.ReadStream();
        }
        catch (YamlException error)
        {
            // The scanner finds a tab in the indentation, the commonest slip, but names the line where the block began.
            if (error is Refusal)
                faults.Add(reader.Place(error.End), "", Readable.Name(error.Message));
            else if (error.Message.Contains("tab") && TabLine(text) is { } line)
                faults.Add($"{file}:{line}", "", "is not valid YAML: indentation is spaces, not tabs");
            else
                faults.Add(reader.Place(error.End), "", "is not valid YAML: " + Readable.Name(error.Message));
        }

        return reader._found;
    }

    private void ReadStream()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
            return;
        if (!IsNothing(_parser.Current))
            ReadRoot();
        else
            _parser.MoveNext();
        _parser.Consume<DocumentEnd>();
        if (_parser.TryConsume<DocumentStart>(out var second))
            throw new Refusal(second.Start, "a second document; there may be one");
    }

    private void ReadRoot()
    {
        if (_parser.TryConsume<MappingStart>(out _))
            ReadMap();
        else
            throw Stop("the settings must be a map, such as server: { port: 8080 }");
    }

    private void ReadMap()
    {
        if (_path.Count >= MaxDepth)
            throw Stop($"nested more than {MaxDepth} deep");
        var lines = new Dictionary<string, Mark>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
                throw Stop("a key must be plain text");
            _path.Add(key.Value);
            var before = _found.Count;
            ReadValue(key.Start);
            if (!lines.TryAdd(key.Value, key.Start))
            {
                Fault(key.Start, "duplicate key, first on line " + Line(lines[key.Value]));
                _found.RemoveRange(before, _found.Count - before);
            }

            _path.RemoveAt(_path.Count - 1);
        }
    }

    private void ReadValue(Mark start)
    {
        RefuseTag();
        switch (_parser.Current)
        {
            case MappingStart:
                _parser.MoveNext();
                if (_parser.TryConsume<MappingEnd>(out _))
                    Found(start, RawShape.EmptyMap);
                else
                    ReadMap();
                break;
            case SequenceStart:
                _parser.MoveNext();
                ReadList(start);
                break;
            case Scalar scalar:
                Found(start, IsNothing(scalar) ? RawShape.Nothing : RawShape.Text, IsNothing(scalar) ? "" : scalar.Value);
                _parser.MoveNext();
                break;
            case AnchorAlias:
                Fault(start, "aliases are not supported");
                _parser.MoveNext();
                break;
            default:
                throw Stop("not understood");
        }
    }

    private void ReadList(Mark start)
    {
        var items = ImmutableArray.CreateBuilder<string>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            RefuseTag();
            if (!_parser.TryConsume<Scalar>(out var item))
                throw Stop("a list may hold plain values only");
            items.Add(item.Value);
        }

        _found.Add(new RawSetting(SettingSource.File, Place(start), [.. _path], RawShape.Items) { Items = items.ToImmutable() });
    }

    private void RefuseTag()
    {
        if (_parser.Current is NodeEvent { Tag.IsEmpty: false } tagged)
            Fault(tagged.Start, "tags are not supported");
    }

    private void Found(Mark start, RawShape shape, string text = "") =>
        _found.Add(new RawSetting(SettingSource.File, Place(start), [.. _path], shape) { Text = text });

    private void Fault(Mark at, string message) => _faults.Add(Place(at), Readable.Name(string.Join('.', _path)), message);

    private Refusal Stop(string message) => new(
        _parser.Current?.Start ?? Mark.Empty, _path.Count == 0 ? message : $"{message} (under {string.Join('.', _path)})");

    private static bool IsNothing(ParsingEvent? value) =>
        value is Scalar { Style: ScalarStyle.Plain, Value: "" or "~" or "null" or "Null" or "NULL" };

    private static int? TabLine(string text)
    {
        var line = Array.FindIndex(text.Split('\n'), each => each[..^each.TrimStart().Length].Contains('\t'));
        return line < 0 ? null : line + 1;
    }

    private string Place(Mark mark) => $"{_file}:{Line(mark)}";

    private static string Line(Mark mark) => mark.Line.ToString(CultureInfo.InvariantCulture);

    /// <summary>Well-formed YAML of a kind that settings have no use for; reading stops there.</summary>
    private sealed class Refusal(Mark at, string message) : YamlException(at, at, message);

    /// <summary>
    /// Some texts trip the scanner over itself and it throws what no operator should see.
    /// Everything that it throws is a fault of the text, near the last thing that it understood.
    /// </summary>
    private sealed class GuardedParser(Parser parser) : IParser
    {
        public ParsingEvent? Current => parser.Current;

        public bool MoveNext()
        {
            try
            {
                return parser.MoveNext();
            }
            catch (Exception error) when (error is not YamlException)
            {
                var at = parser.Current?.End ?? Mark.Empty;
                throw new SyntaxErrorException(at, at, "not understood after this line");
            }
        }
    }
}
