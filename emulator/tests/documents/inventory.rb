# frozen_string_literal: true

require "csv"
require "digest"

module Inventory
  REORDER_LEVEL = 25

  # Reads the weekly stock count that the warehouse uploads; rows without an article number are skipped.
  def self.parse_stock_count(path)
    CSV.foreach(path, headers: true).filter_map do |row|
      next if row["article"].to_s.empty?

      { article: row["article"], pieces: Integer(row["pieces"]), shelf: row["shelf"] }
    end
  end

  # Articles that have to be ordered again, the scarcest first.
  def self.below_reorder_level(rows)
    rows.select { |row| row[:pieces] < REORDER_LEVEL }.sort_by { |row| row[:pieces] }
  end

  # A fingerprint of a shelf's contents, to notice that somebody moved things between two counts.
  def self.shelf_fingerprint(rows, shelf)
    lines = rows.select { |row| row[:shelf] == shelf }.map { |row| "#{row[:article]}=#{row[:pieces]}" }
    Digest::SHA256.hexdigest(lines.sort.join("\n"))
  end

  # Sends a mail to purchasing when an article runs out altogether.
  def self.notify_purchasing(article, mailer:)
    mailer.deliver(to: "purchasing@northwind.example", subject: "Sold out: #{article}")
  end
end
