using System.Text;
using Relay.Core;
using Relay.Core.Protocol;
using Relay.Core.Rooms;

namespace Relay.Tests.Simulation;

/// <summary>One room at three gateways: news in order and late, rooms that are lost, gateways that enter again, members that come back with what they have seen.</summary>
internal sealed class SimulatedRooms
{
    private static readonly RoomPolicy Policy = new() { HistoryMessages = 40, Presence = true };

    private readonly Random _random;
    private readonly SimulatedRoomGateway[] _gateways;
    private SharedRoom _room = new(Policy, "e0");
    private int _lives;
    private int _sent;

    public SimulatedRooms(int seed)
    {
        _random = new(seed);
        _gateways = [.. Enumerable.Range(0, 3).Select(i => new SimulatedRoomGateway($"g{i}", Policy))];
    }

    public int Recovered { get; private set; }

    public int NotRecovered { get; private set; }

    private Turn Turn => new(TimeSpan.FromSeconds(1));

    public void Step()
    {
        var gateway = _gateways[_random.Next(_gateways.Length)];
        switch (_random.Next(100))
        {
            case < 20:
                if (gateway.IsIn(_room)) _room.Publish(gateway.Id, "", Message(), Turn);
                break;
            case < 55:
                for (var i = _random.Next(12); i >= 0; i--) gateway.DeliverOne();
                break;
            case < 62:
                gateway.Join(null);
                break;
            case < 70:
                gateway.ComeBack(_random);
                break;
            case < 77:
                gateway.Leave(_random);
                break;
            case < 80:
                gateway.Enter(_room, Turn);
                break;
            case < 81:
                Break(gateway);
                break;
            default:
                gateway.Ask(_room, Turn);
                break;
        }
    }

    /// <summary>Everything under way arrives, and every gateway is in: then all are where the room is.</summary>
    public void Settle()
    {
        foreach (var gateway in _gateways)
        {
            if (!gateway.IsIn(_room) || !gateway.IsLive) gateway.Enter(_room, Turn);
            do gateway.Ask(_room, Turn);
            while (gateway.DeliverOne());
            gateway.Ask(_room, Turn);
            while (gateway.DeliverOne()) { }
        }

        _room.Publish(null, "", Message(), Turn);
        foreach (var gateway in _gateways)
        {
            while (gateway.DeliverOne()) { }
            foreach (var member in gateway.Members)
            {
                Assert.Equal(_sent, member.Last);
                gateway.CountOutcome(member);
            }

            Recovered += gateway.Recovered;
            NotRecovered += gateway.NotRecovered;
        }

        Assert.Equal(_gateways.Sum(static gateway => gateway.Members.Count()), _room.Members);
        Assert.Equal(_gateways.SelectMany(static gateway => gateway.Members).Select(static member => member.Id).Order(), _room.Shown!.Select(static member => member.ConnectionId).Order());
    }

    // Rare, so that there is something to lose.
    private void Break(SimulatedRoomGateway gateway)
    {
        switch (_random.Next(8))
        {
            case 0:
                _room = new(Policy, $"e{++_lives}");
                break;
            case 1:
                gateway.Lose();
                break;
        }
    }

    private Frame Message() => new(Encoding.UTF8.GetBytes((++_sent).ToString(System.Globalization.CultureInfo.InvariantCulture)));
}
