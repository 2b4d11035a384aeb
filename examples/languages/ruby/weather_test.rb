# Run by: assistants-emulator exec --script ../weather.yaml -- ruby weather_test.rb

require "minitest/autorun"
require_relative "weather"

class WeatherTest < Minitest::Test
  parallelize_me!

  # A program whose data, clock and faults no other test sees.
  def namespace(name)
    Weather.new("#{ENV["EMULATOR_URL"]}/ns/#{name}/v1", ENV["OPENAI_API_KEY"])
  end

  # Send a request to the control API of a namespace.
  def control(name, path, body)
    url = URI("#{ENV["EMULATOR_CONTROL_URL"]}/ns/#{name}#{path}")
    token = ENV["EMULATOR_CONTROL_TOKEN"]
    answer = Net::HTTP.post(url, JSON.generate(body), token ? {"Authorization" => "Bearer #{token}"} : {})
    raise answer.body unless answer.is_a?(Net::HTTPSuccess)
  end

  def test_a_forecast_is_made_of_what_the_program_measures
    answer = namespace("ruby-forecast").ask("What is the weather in Oslo?") { |city| {celsius: city.length} }
    assert_equal ["completed", "Oslo has 4 degrees."], answer
  end

  def test_a_run_whose_outputs_come_too_late_has_expired
    answer = namespace("ruby-late").ask("What is the weather in Lima?") do
      control("ruby-late", "/clock/advance", {by: "11m"})
      20
    end
    assert_equal ["expired", nil], answer
  end
end
