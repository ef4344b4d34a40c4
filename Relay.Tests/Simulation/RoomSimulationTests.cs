namespace Relay.Tests.Simulation;

public class RoomSimulationTests
{
    [Fact]
    public void NoMemberMissesAMessageInSilence()
    {
        var (recovered, not) = (0, 0);
        for (var seed = 0; seed < 100; seed++)
        {
            try
            {
                var rooms = new SimulatedRooms(seed);
                for (var step = 0; step < 1000; step++) rooms.Step();
                rooms.Settle();
                (recovered, not) = (recovered + rooms.Recovered, not + rooms.NotRecovered);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed} failed.", error);
            }
        }

        Assert.True(recovered > 100 && not > 100, $"The simulation went nowhere: {recovered} and {not}.");
    }
}
