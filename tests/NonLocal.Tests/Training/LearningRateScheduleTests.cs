using System.Text.Json;
using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Training;

namespace NonLocal.Tests.Training;

public class LearningRateScheduleTests
{
    public static TheoryData<string> Files => [.. Fixtures.Names("*.safetensors", "goldens", "schedule")];

    [Theory]
    [MemberData(nameof(Files))]
    public void RateAt_PublishedSchedule_AgreesInDouble(string name)
    {
        TensorFile file = Safetensors.Read(Fixtures.Path("goldens", "schedule", name));
        LearningRateSchedule schedule = Read(JsonDocument.Parse(file.Metadata["config"]).RootElement);
        double[] expected = file["lr_f64"].ToDouble();
        for (int t = 0; t < expected.Length; t++)
        {
            Assert.True(
                Math.Abs(schedule.RateAt(t) - expected[t]) <= 1e-12 * Math.Max(1e-3, expected[t]),
                $"step {t}: {schedule.RateAt(t):R}, expected {expected[t]:R}");
        }
    }

    [Fact]
    public void RateAt_StepAndMultiStepAtEqualDistances_AreTheSame()
    {
        StepRate step = new(0.4, 3, 0.5);
        MultiStepRate milestones = new(0.4, [3, 6, 9], 0.5);
        for (int t = 0; t < 12; t++)
        {
            Assert.Equal(step.RateAt(t), milestones.RateAt(t));
        }

        Assert.Equal(0.05, step.RateAt(9), 1e-15);
    }

    [Fact]
    public void WithWarmUp_HalfWay_IsHalfTheRate()
    {
        LearningRateSchedule schedule = new ConstantRate(0.2).WithWarmUp(10);
        Assert.Equal(0, schedule.RateAt(0));
        Assert.Equal(0.1, schedule.RateAt(5), 1e-15);
        Assert.Equal(0.2, schedule.RateAt(10));
    }

    [Fact]
    public void RateAt_AfterTheEnd_StaysAtTheEnd()
    {
        Assert.Equal(0.01, new CosineRate(0.1, 5, 0.01).RateAt(99), 1e-15);
        Assert.Equal(0, new PolynomialRate(0.1, 5).RateAt(99));
    }

    private static LearningRateSchedule Read(JsonElement config)
    {
        double rate = config.GetProperty("base_lr").GetDouble();
        if (config.TryGetProperty("T_max", out JsonElement steps))
        {
            return new CosineRate(rate, steps.GetInt64(), config.GetProperty("eta_min").GetDouble());
        }

        if (config.TryGetProperty("T_0", out JsonElement period))
        {
            return new CosineRestartsRate(
                rate, period.GetInt64(), config.GetProperty("T_mult").GetInt32(), config.GetProperty("eta_min").GetDouble());
        }

        if (config.TryGetProperty("max_iter", out JsonElement iterations))
        {
            return new PolynomialRate(rate, iterations.GetInt64(), config.GetProperty("power").GetDouble());
        }

        if (config.TryGetProperty("gamma", out JsonElement factor))
        {
            return new ExponentialRate(rate, factor.GetDouble());
        }

        JsonElement warmUp = config.GetProperty("warmup");
        JsonElement cosine = config.GetProperty("cosine");
        return new ConstantRate(rate).WithWarmUp(
            warmUp.GetProperty("total_iters").GetInt64(), warmUp.GetProperty("start_factor").GetDouble())
            .Then(
                config.GetProperty("milestone").GetInt64(),
                new CosineRate(rate, cosine.GetProperty("T_max").GetInt64(), cosine.GetProperty("eta_min").GetDouble()));
    }
}
