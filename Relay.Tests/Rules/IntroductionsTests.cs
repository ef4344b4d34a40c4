using Relay.Core.Errors;
using Relay.Core.Peers;
using Relay.Core.Protocol;

namespace Relay.Tests.Rules;

/// <summary>Who is introduced to whom.</summary>
public class IntroductionsTests : IIntroductionsPort<string>
{
    private const string Here = "here";

    private readonly Introductions<string> _rule;
    private readonly Dictionary<string, Document<string>> _documents = [];
    private readonly Queue<(Inquiry Inquiry, string Document)> _asked = new();
    private readonly List<string> _elsewhere = [];

    public IntroductionsTests() => _rule = new(3, this);

    void IIntroductionsPort<string>.Ask(Inquiry inquiry, string documentId) => _asked.Enqueue((inquiry, documentId));

    void IIntroductionsPort<string>.Leave(string peerId, string documentId) => Document(documentId).Leave(peerId, Here);

    void IIntroductionsPort<string>.Introduce(string place, string peerId, Introduction introduction)
    {
        if (place == Here) _rule.Introduce(peerId, introduction);
        else _elsewhere.Add($"{peerId}@{place} meets {introduction.PeerId} for {string.Join(',', introduction.Documents)}");
    }

    [Fact]
    public void BothAreToldAllThatTheyHaveInCommonTheJoinerFirst()
    {
        var (alice, bob) = (Open("alice"), Open("bob"));
        Join(alice, "x", "y");
        Assert.Empty(alice.Told);
        Join(bob, "y", "z", "x");
        Assert.Equal([Met("alice", "y", "x")], bob.TakeTold());
        Assert.Equal([Met("bob", "y", "x")], alice.TakeTold());
    }

    [Fact]
    public void ARepeatedJoinIntroducesAgainForEverythingInCommon()
    {
        var (alice, bob) = (Open("alice"), Open("bob"));
        Join(alice, "x", "y");
        Join(bob, "x", "y");
        bob.TakeTold();
        alice.TakeTold();
        Join(bob, "x");
        Assert.Equal([Met("alice", "x", "y")], bob.TakeTold());
        Assert.Equal([Met("bob", "x", "y")], alice.TakeTold());
    }

    [Fact]
    public void NobodyMeetsItselfNorThoseWhoLeft()
    {
        var (alice, again, bob) = (Open("alice"), Open("alice"), Open("bob"));
        Join(alice, "x");
        Join(again, "x");
        Assert.Empty(alice.Told.Concat(again.Told));
        _rule.Leave(alice, ["x"], Credit.None);
        _rule.Close(again);
        Join(bob, "x");
        Assert.Empty(bob.Told);
    }

    [Fact]
    public void AJoinWithoutDocumentsMatchesNobody()
    {
        var (alice, bob) = (Open("alice"), Open("bob"));
        Join(alice);
        Join(bob);
        Assert.Empty(alice.Told.Concat(bob.Told));
        Assert.Equal(new Credit(1, 10), alice.Returned);
    }

    [Fact]
    public void AJoinWithoutDocumentsAsksNothingOfThoseThatWereNamedBefore()
    {
        var (alice, bob) = (Open("alice"), Open("bob"));
        Join(alice, "x");
        Join(bob, "x");
        _ = (alice.TakeTold(), bob.TakeTold());
        _rule.Join(bob, [], PeerFormat.Json, new(1, 10));
        Assert.Empty(_asked);
        Assert.Equal(new Credit(2, 20), bob.Returned);
        Assert.Empty(alice.Told.Concat(bob.Told));
    }

    [Fact]
    public void TheIdsOfASocketAreBoundedInBytesAndThoseThatItLeftDoNotCount()
    {
        var rule = new Introductions<string>(1000, this); // 100 bytes for each
        var alice = new PeerRecorder();
        rule.Open("alice", alice);
        string[] ids = [.. Enumerable.Range(0, 500).Select(static i => $"{i:000}{new string('x', 197)}")];
        rule.Join(alice, ids, PeerFormat.Json, Credit.None);
        rule.Leave(alice, [ids[0]], Credit.None);
        rule.Join(alice, [ids[0]], PeerFormat.Json, Credit.None);
        Assert.Null(alice.Closed);
        rule.Join(alice, ["é"], PeerFormat.Json, Credit.None);
        Assert.Equal(CloseReason.TooManyDocuments, alice.Closed);
    }

    [Fact]
    public void TheNewerSocketIsToldAndTheOlderWhenTheNewerHasClosed()
    {
        var (older, newer, bob) = (Open("alice"), Open("alice"), Open("bob"));
        Join(older, "x");
        Join(bob, "x");
        Assert.Equal([Met("bob", "x")], newer.TakeTold());
        Assert.Empty(older.Told);
        _rule.Close(newer);
        Join(bob, "x");
        Assert.Equal([Met("bob", "x")], older.TakeTold());
    }

    [Fact]
    public void TheNewerSocketStaysReachableWhenTheOlderCloses()
    {
        var (older, newer, bob) = (Open("alice"), Open("alice"), Open("bob"));
        Join(older, "x");
        Join(newer, "x");
        _rule.Close(older);
        Join(bob, "x");
        Assert.Equal([Met("bob", "x")], newer.TakeTold());
        Assert.Equal([Met("alice", "x")], bob.TakeTold());
    }

    [Fact]
    public void EachIsToldInTheFormatThatItSpeaks()
    {
        var (alice, bob) = (Open("alice"), Open("bob"));
        Join(alice, "x");
        _rule.Join(bob, ["x"], PeerFormat.MessagePack, new(1, 10));
        Answer();
        Assert.Equal([Met("bob", "x")], alice.TakeTold());
        Assert.Equal(["83A474797065AC496E74726F64756374696F6EA6706565724964A5616C696365AB646F63756D656E7449647391A178"], bob.TakeTold());
    }

    [Fact]
    public void PeersElsewhereAreToldThere()
    {
        var alice = Open("alice");
        Document("x").Join("zoe", "far");
        Join(alice, "x");
        Assert.Equal([Met("zoe", "x")], alice.TakeTold());
        Assert.Equal(["zoe@far meets alice for x"], _elsewhere);
    }

    [Fact]
    public void WhoWantsTooManyDocumentsIsClosedAndTheOthersAreNot()
    {
        var (alice, bob) = (Open("alice"), Open("bob"));
        Join(alice, "a", "b", "c");
        Join(alice, "a", "b");
        Assert.Null(alice.Closed);
        Join(alice, "d");
        Assert.Equal(CloseReason.TooManyDocuments, alice.Closed);
        _rule.Close(alice);
        Join(bob, "a", "b", "c");
        Assert.Null(bob.Closed);
        Assert.Empty(bob.Told);
    }

    [Fact]
    public void TheCreditComesBackWhenAllDocumentsHaveAnswered()
    {
        var alice = Open("alice");
        _rule.Join(alice, ["x", "y"], PeerFormat.Json, new(1, 20));
        Assert.Equal(2, _asked.Count);
        AnswerOne();
        Assert.Equal(Credit.None, alice.Returned);
        AnswerOne();
        Assert.Equal(new Credit(1, 20), alice.Returned);
    }

    [Fact]
    public void AnAnswerForASocketThatHasClosedTellsNobody()
    {
        var (alice, bob) = (Open("alice"), Open("bob"));
        Join(alice, "x");
        _rule.Join(bob, ["x"], PeerFormat.Json, new(1, 20));
        _rule.Close(bob);
        Answer();
        Assert.Empty(alice.Told.Concat(bob.Told));
    }

    private static string Met(string peer, params string[] documents) =>
        $$"""{"type":"Introduction","userName":"{{peer}}","documentIds":[{{string.Join(',', documents.Select(static document => $"\"{document}\""))}}]}""";

    private PeerRecorder Open(string peerId)
    {
        var connection = new PeerRecorder();
        _rule.Open(peerId, connection);
        return connection;
    }

    private void Join(PeerRecorder connection, params string[] documents)
    {
        _rule.Join(connection, documents, PeerFormat.Json, new(1, 10));
        Answer();
    }

    private void Answer()
    {
        while (_asked.Count > 0) AnswerOne();
    }

    private void AnswerOne()
    {
        var (inquiry, document) = _asked.Dequeue();
        _rule.Found(inquiry, document, Document(document).Join(inquiry.PeerId, Here));
    }

    private Document<string> Document(string id) => _documents.TryGetValue(id, out var known) ? known : _documents[id] = new();
}
