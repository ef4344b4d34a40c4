using System.Text;
using System.Text.Json.Serialization;
using Relay.Abstractions;

namespace Notes;

public sealed record Save(string Text, long? ExpectedVersion = null);

public sealed record Load(bool WithText = true);

public sealed record Note(long Version, string? Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Save)), JsonSerializable(typeof(Load)), JsonSerializable(typeof(Note))]
public sealed partial class NotesJson : JsonSerializerContext;

[RelayPlugin("notes_")]
public sealed class NotesPlugin : RelayPlugin<NotesJson>
{
    private int _maxLength;

    protected override ValueTask OnStartAsync(CancellationToken cancellation)
    {
        _maxLength = Context.Settings.GetInt32("max_length", 1000);
        return default;
    }

    // notes_save {"text":"…","expected_version":1}
    [Topic("save")]
    public async Task SaveAsync(Save save, PluginMessage message, CancellationToken cancellation)
    {
        if (save.Text.Length > _maxLength)
        {
            message.Fail("too_long", $"A note has at most {_maxLength} characters.");
            return;
        }

        var key = message.SessionId ?? "default";
        var write = await Context.Store.PutAsync(key, Encoding.UTF8.GetBytes(save.Text), save.ExpectedVersion, cancellation);
        var note = new Note(write.Version, null);
        if (!write.Written)
        {
            message.Fail("conflict", "The note was changed meanwhile.", note, NotesJson.Default.Note);
            return;
        }

        message.Reply("saved", note, NotesJson.Default.Note);
        Context.Push("changed", note, NotesJson.Default.Note, sessionId: key, except: message.ConnectionId);
    }

    // notes_load, with or without {"with_text":false}
    [Topic("load")]
    public async ValueTask LoadAsync(Load? load, PluginMessage message, CancellationToken cancellation)
    {
        if (await Context.Store.GetAsync(message.SessionId ?? "default", cancellation) is not { } stored)
        {
            message.Fail("not_found", "There is no such note.");
            return;
        }

        var text = load is { WithText: false } ? null : Encoding.UTF8.GetString(stored.Value.Span);
        message.Reply("loaded", new Note(stored.Version, text), NotesJson.Default.Note);
    }
}
