using System.Text.Json;
using NonLocal.Cli.Demonstration;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;
using NonLocal.Vision.Datasets.Generated;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Tests;

public sealed class DemoTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-demo-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Demo_OnAnyThreads_HasTheSameNumbersAndPicture()
    {
        (JsonElement one, byte[] onePicture) = Run("1");
        (JsonElement three, byte[] threePicture) = Run("3");

        Assert.Equal(one.GetProperty("networks").GetRawText(), three.GetProperty("networks").GetRawText());
        Assert.Equal(onePicture, threePicture);
        Assert.Equal(8, one.GetProperty("held_out").GetInt32());
        Assert.Equal(
            Contender.Names, one.GetProperty("networks").EnumerateArray().Select(network => network.GetProperty("network").GetString()!));

        (JsonElement Result, byte[] Picture) Run(string threads)
        {
            string output = Path.Combine(folder, threads);
            CommandRun run = CommandRun.Of(
                "demo", "--pictures", "64", "--epochs", "2", "--threads", threads, "--output", output, "--json");
            Assert.Equal("", run.Error);
            Assert.Equal(0, run.ExitCode);
            return (run.Json(), File.ReadAllBytes(Path.Combine(output, "attention.png")));
        }
    }

    [Fact]
    public void Demo_WithoutJson_IsALineAnEpochATableAndWhatItMeans()
    {
        CommandRun run = CommandRun.Of("demo", "--pictures", "64", "--epochs", "2", "--threads", "2", "--output", folder);

        Assert.Equal(0, run.ExitCode);
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.All(
            Contender.Names,
            name => Assert.Equal(2, lines.Count(line => line.StartsWith($"{name}: epoch", StringComparison.Ordinal))));
        Assert.StartsWith("network ", run.Output, StringComparison.Ordinal);
        Assert.Contains(DemoOutcome.Reason, run.Output, StringComparison.Ordinal);
        Picture sheet = Png.Read(Path.Combine(folder, "attention.png"));
        Assert.True(sheet.Width > 4 * DemoTask.Marks.Size && sheet.Height > 3 * DemoTask.Marks.Size);
    }

    [Theory]
    [InlineData("multiple of 64", "--pictures", "100")]
    [InlineData("--epochs", "--epochs", "0")]
    [InlineData("--threads", "--threads", "0")]
    [InlineData("--seed", "--seed", "-1")]
    [InlineData("Did you mean --output", "--outptu", "x")]
    public void Demo_BadOption_IsRefused(string expected, params string[] arguments) =>
        CommandRun.Of(["demo", "--output", folder, .. arguments]).Refused(expected);

    [Fact]
    public void Demo_OutputThatIsAFile_IsRefusedBeforeAnythingRuns()
    {
        string file = Path.Combine(folder, "taken");
        File.WriteAllText(file, "old");
        CommandRun.Of("demo", "--output", file).Refused("this is a file, expected a folder");
        CommandRun.Of("demo", "--output", Path.Combine(file, "below")).Refused(file);
        Assert.Equal("old", File.ReadAllText(file));
        Assert.Equal([file], Directory.GetFileSystemEntries(folder));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Network_OfTwoPixelsAsFarApartAsMarks_AddsThemUpUnlessItHasTheBlock(bool withBlock)
    {
        DistantMarksOptions marks = DemoTask.Marks;
        int near = marks.Distance - marks.MarkSize + 1;
        Assert.True(near > DemoTask.Window);
        DemoTask task = new(3, 64, 1);
        (Layer network, Attention.NonLocalBlock? block) = task.CreateNetwork(withBlock);
        block?.Variables().Single(entry => entry.Name == "W.1.weight").Variable.Value.Span.Fill(1);
        Program program = network.CompileForInference([1, marks.Size, marks.Size, 3]);

        double largest = 0;
        for (int first = 0; first + near < marks.Size; first++)
        {
            (int, int) left = (first, 20);
            (int, int) right = (first + near, 9);
            double together = Margin(left, right) - Margin(left) - Margin(right) + Margin();
            largest = Math.Max(largest, Math.Abs(together));
        }

        Assert.Equal(withBlock, largest > 1e-3);
        Assert.True(withBlock || largest < 1e-5, $"{largest}");

        double Margin(params ReadOnlySpan<(int X, int Y)> bright)
        {
            Span<float> picture = program.Inputs[0].Span;
            picture.Clear();
            foreach ((int x, int y) in bright)
            {
                picture.Slice(((y * marks.Size) + x) * 3, 3).Fill(4);
            }

            program.Run();
            return program.Outputs[0].Span[1] - program.Outputs[0].Span[0];
        }
    }

    [Fact]
    public void SumOverPlaces_OfAnyTwoFunctions_IsRightInThreeQuartersAtMost()
    {
        // Every u and v in 0 … kinds: u(a) + v(b) > kinds for as many b as u(a) says, when the v are all different.
        int kinds = DemoTask.Marks.Kinds;
        int[] numbers = new int[2 * kinds];
        double best = 0;
        do
        {
            double right = 0;
            for (int pair = 0; pair < kinds * kinds; pair++)
            {
                (int a, int b) = (pair % kinds, pair / kinds);
                double share = a == b ? 0.5 / kinds : 0.5 / (kinds * (kinds - 1));
                right += numbers[a] + numbers[kinds + b] > kinds == (a == b) ? share : 0;
            }

            best = Math.Max(best, right);
        }
        while (CountUp(numbers, kinds));

        Assert.Equal(DemoTask.LimitOfSums, best, 1e-9);

        static bool CountUp(int[] digits, int last)
        {
            int place = Array.FindIndex(digits, digit => digit < last);
            if (place >= 0)
            {
                digits[place]++;
                digits.AsSpan(0, place).Clear();
            }

            return place >= 0;
        }
    }

    [Fact]
    public void Reading_OfAHeldOutPicture_IsFramedOnTheMarkAndSumsToOne()
    {
        DemoTask task = new(4, 64, 1);
        DemoPictures pictures = new(task, 1);
        using WorkerPool pool = new(1);
        Contender contender = new(task, true, pictures, pool);
        int step = DemoTask.Marks.Size / DemoTask.MapSide;
        for (int i = 0; i < 4; i++)
        {
            (Mark first, Mark second) = pictures.MarksOf(i);
            DemoSheet.Reading reading = DemoSheet.Read(pictures, contender, i, pool);
            DemoSheet.Query mark = reading.Queries[0];
            DemoSheet.Query ground = reading.Queries[1];
            Assert.Equal((first.X / step, first.Y / step), (mark.Column, mark.Row));
            Assert.True(Math.Max(Math.Abs((ground.Column * step) - second.X), Math.Abs((ground.Row * step) - second.Y)) > 3);
            Assert.All(reading.Queries, query => Assert.Equal(1, query.Weights.Sum(), 1e-5f));
            Assert.InRange(reading.Match, 0, 1);

            // The pixel of the mark's centre lies in the framed cell and has the mark's colour, not the ground's grey.
            Span<byte> pixel = pictures.HeldOut.Read(i).Row(first.Y).Slice(3 * first.X, 3);
            Assert.True(Math.Max(pixel[0], Math.Max(pixel[1], pixel[2])) - Math.Min(pixel[0], Math.Min(pixel[1], pixel[2])) > 50);
        }
    }

    [Theory]
    [InlineData(0.99, 0.5, 1, "makes a difference: 99.0 % of the held-out pictures are right with the block, 50.0 % without")]
    [InlineData(0.53, 0.5, 0, "do not separate")]
    [InlineData(0.5, 0.5, 0, "do not separate")]
    [InlineData(0.5, 0.9, -1, "does harm")]
    public void Sentence_SaysWhatTheNumbersSay(double with, double without, int verdict, string expected)
    {
        DemoOutcome outcome = new(
            new DemoTask(1, 6144, 4), new ClassifierMetrics(without, 1, 0, 768), new ClassifierMetrics(with, 1, 0, 768));
        Assert.Equal(verdict, outcome.Verdict);
        Assert.Contains(expected, outcome.Sentence, StringComparison.Ordinal);
    }
}
