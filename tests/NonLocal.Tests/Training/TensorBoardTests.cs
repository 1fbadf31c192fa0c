using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using NonLocal.Layers;
using NonLocal.Training;

namespace NonLocal.Tests.Training;

public sealed class TensorBoardTests : IDisposable
{
    private const string Name = "events.out.tfevents.run";

    // Written by Google's protobuf and a CRC-32C of the text-book: wall time 1000.5, file version brain.Event:2.
    private const string VersionRecord = "1800000000000000A37F4B22090000000000448F401A0D627261696E2E4576656E743A32ABA33345";

    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-board-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Fit_TensorBoard_HasTheNumbersOfTheLog()
    {
        Fit(tensorBoard: true);

        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, Name));
        Assert.Equal(VersionRecord, Convert.ToHexString(bytes[..(VersionRecord.Length / 2)]));
        Dictionary<string, float>[] events = [.. Records(bytes).Skip(1).Select(Values)];
        string[][] lines = [.. File.ReadAllLines(Path.Combine(folder, "log.csv")).Skip(1).Select(line => line.Split(','))];
        Assert.Equal(lines.Length, events.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            Assert.Equal(Number(lines[i][1]), events[i]["step"]);
            Assert.Equal(Number(lines[i][2]), events[i]["loss"]);
            Assert.Equal(Number(lines[i][3]), events[i]["rate"]);
            Assert.Equal(lines[i][4].Length > 0, events[i].ContainsKey("evaluation/top1"));
            Assert.Equal(lines[i][4].Length > 0 ? Number(lines[i][4]) : 0, events[i].GetValueOrDefault("evaluation/top1"));
        }
    }

    [Fact]
    public void Fit_WithoutTensorBoard_WritesNoEvents()
    {
        Fit(tensorBoard: false);

        Assert.False(File.Exists(Path.Combine(folder, Name)));
    }

    private static float Number(string text) => float.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<byte[]> Records(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
            yield return bytes[(at + 12)..(at + 12 + length)];
            at += length + 16;
        }
    }

    // Wall time in nine bytes, the step in two, a summary; in it values, each a tag and a number.
    private static Dictionary<string, float> Values(byte[] record)
    {
        Assert.Equal([2 << 3, (5 << 3) | 2], [record[9], record[11]]);
        Assert.Equal(record.Length - 13, record[12]);
        Dictionary<string, float> values = new() { ["step"] = record[10] };
        for (int at = 13; at < record.Length; at += 2 + record[at + 1])
        {
            int tag = record[at + 3];
            values.Add(
                Encoding.ASCII.GetString(record, at + 4, tag), BinaryPrimitives.ReadSingleLittleEndian(record.AsSpan(at + 5 + tag)));
        }

        return values;
    }

    private void Fit(bool tensorBoard)
    {
        Sequential network = new(new Linear(NumberSource.Features, 4));
        network.Initialize(4);
        TrainingPlan plan = new()
        {
            Epochs = 2,
            BatchSize = 4,
            Schedule = new ConstantRate(0.05),
            Rule = new UpdateRule { Optimizer = new Sgd() },
            Folder = folder,
            TensorBoard = tensorBoard,
            Clock = new StoppedClock(),
        };
        new Trainer(network, new NumberSource(23), new NumberSource(9), plan).Fit();
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(1000.5);
    }
}
